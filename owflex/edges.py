"""Where the command meets its user: known errors become one sentence, never a traceback."""

from collections.abc import Callable

from pydantic import ValidationError
from rich.console import Console

from database.errors import DatabaseError
from database.process import setting_problems
from ingest.errors import IngestError
from knowledge_base.errors import KnowledgeBaseError
from owflex.errors import OwflexError
from parsing.errors import FileProblemError

errors = Console(stderr=True, highlight=False)


def in_plain_words(run: Callable[[], int]) -> int:
    """The exit code of `run`; 1 after an error whose text is for the user."""
    try:
        return run()
    except (DatabaseError, IngestError, FileProblemError, KnowledgeBaseError, OwflexError) as error:
        errors.print(f"[red]{_escaped(str(error))}[/red]")
    except ValidationError as error:
        for problem in setting_problems(error):
            errors.print(f"[red]{_escaped(problem)}[/red]")
    return 1


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
