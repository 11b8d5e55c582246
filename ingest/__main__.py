"""`python -m ingest`: the commands of `owflex ingest` on their own."""

from ingest.cli.commands import main

if __name__ == "__main__":
    main()
