"""Between us and a server of Chat Completions: what it sends is read as it is meant."""
