"""`owflex ask` and `owflex search`: questions from the terminal."""
