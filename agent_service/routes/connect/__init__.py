"""Pages on which people let MCP clients in and disconnect them; the MCP server keeps what they say."""
