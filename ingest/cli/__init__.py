"""What a person types and sees: the commands of `owflex ingest`, their progress bars and tables."""
