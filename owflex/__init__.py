"""The `owflex` command: it dispatches to the programs and supervises them."""
