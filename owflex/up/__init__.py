"""`owflex up`: everything started with one command."""
