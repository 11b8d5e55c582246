"""Markdown, as documentation generators extend it."""
