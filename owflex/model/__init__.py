"""Another embedding model: tried on the user's own documents and questions, then taken into use."""
