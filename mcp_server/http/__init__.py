"""HTTP around the MCP app: the forms of requests, their limits, and the pages for operators."""
