"""Settings: which there are, where they are kept, and whether they are right."""
