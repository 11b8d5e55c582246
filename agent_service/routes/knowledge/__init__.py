"""What the knowledge view asks for: documents, searches, uploads and evaluations, by MCP tools."""
