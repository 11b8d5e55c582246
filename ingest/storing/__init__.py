"""Documents and chunks in Postgres: written, listed, embedded anew, mended."""
