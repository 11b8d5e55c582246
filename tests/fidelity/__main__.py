"""Prints which part of its words arrives in the passages, for each format: `make test-fidelity`."""

import sys

from rich.console import Console
from rich.table import Table

from tests.fidelity.made_documents import all_made
from tests.fidelity.measuring import fidelity, words_of
from tests.fidelity.test_fidelity import LEAST


def main() -> int:
    """1 when a format loses more than it may."""
    table = Table("document", "words", "arrive")
    lowest = 1.0
    for made in all_made():
        share = fidelity(made)
        lowest = min(lowest, share)
        table.add_row(made.name, str(len(words_of(made.words))), f"{share:.1%}")
    Console().print(table)
    return 0 if lowest >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
