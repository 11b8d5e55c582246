"""The ChatKit agent service: a chat that reaches documents and tasks over MCP only."""
