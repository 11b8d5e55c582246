"""Calls of tools: their arguments, limits and what is logged of them."""
