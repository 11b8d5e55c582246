"""A file becomes a document cut into chunks, in a process of its own."""
