"""Where a program meets its user: errors that are known become one sentence, never a traceback."""

from collections.abc import Callable

from rich.text import Text

from serving.terminal import Console, printable

FAILED = 1

errors = Console(stderr=True, highlight=False)


def exit_code_of(run: Callable[[], int], *known: type[Exception]) -> int:
    """What `run` gives, or 1 after a `known` error, whose text goes to standard error."""
    try:
        return run()
    except known as error:
        print_error(error)
        return FAILED


def print_error(error: Exception | str) -> None:
    """Write the text of an error whose reader is the user, in red where that is a terminal."""
    errors.print(Text(printable(str(error)), style="red"), soft_wrap=True)


def print_warning(sentence: str) -> None:
    """Write what a user should know although it stops nothing, in yellow where that is a terminal."""
    errors.print(Text(printable(sentence), style="yellow"), soft_wrap=True)
