"""Signing in, one-time links, and what people do with their accounts."""
