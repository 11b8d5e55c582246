"""Clients that people have let in by OAuth: what is stored of them, and how each step changes it at once."""
