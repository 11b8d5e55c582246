"""`python -m ingest PATH… [--collection NAME] [--name NAME]`: ingestion on its own."""

import argparse
import sys
from pathlib import Path

from ingest.command import run_ingest


def main() -> int:
    """Read the command line and ingest; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m ingest", description="Put documents into the knowledge base."
    )
    parser.add_argument("paths", nargs="+", type=Path, help="folders or files: Markdown, text, HTML")
    parser.add_argument("--collection", default="default", help="which collection the documents belong to")
    parser.add_argument("--name", help="what the folder is called in the knowledge base (its own name)")
    arguments = parser.parse_args()
    return run_ingest(arguments.paths, collection=arguments.collection, name=arguments.name)


if __name__ == "__main__":
    sys.exit(main())
