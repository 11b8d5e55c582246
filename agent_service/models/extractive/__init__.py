"""The built-in model that needs no language model: it searches, quotes and keeps tasks."""
