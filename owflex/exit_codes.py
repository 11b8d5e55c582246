"""Where the command meets its user: known errors become one sentence, never a traceback."""

from collections.abc import Callable

from database.errors import DatabaseError
from ingest.errors import IngestError
from knowledge_base.errors import KnowledgeBaseError
from owflex.errors import OwflexError
from parsing.errors import FileProblemError
from serving.exit_codes import exit_code_of


def exit_code(run: Callable[[], int]) -> int:
    """The exit code of `run`; 1 after an error whose text is for the user."""
    return exit_code_of(run, DatabaseError, IngestError, FileProblemError, KnowledgeBaseError, OwflexError)
