"""The MCP server: document search and task tools over streamable HTTP and stdio."""
