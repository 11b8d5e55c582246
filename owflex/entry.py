"""The script `owflex`: Ctrl+C ends it without a traceback while it is still loaded, too."""

import sys

STOPPED = 130


def main() -> None:
    """Load the command and run it."""
    try:
        from owflex.__main__ import main as run
    except KeyboardInterrupt:
        sys.exit(STOPPED)
    run()
