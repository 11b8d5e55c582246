"""Other MCP servers that the operator attaches to the chat: their tools, answers and failures."""
