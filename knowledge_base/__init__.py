"""What ingest and mcp_server share: documents, search, tasks and the embedding model."""
