"""The ingestion program: files are loaded, parsed, chunked, embedded and stored."""
