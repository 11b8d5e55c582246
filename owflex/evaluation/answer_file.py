"""Conversations with what good answers hold: one a line, for `owflex evaluate answers`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from owflex.evaluation.errors import BadFileError, BadRowError
from owflex.evaluation.question_file import read_rows

Kind = Literal["answer", "refuse", "ask_back", "task", "talk"]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
EXAMPLE = '{"id": "leave", "turns": [{"say": "How much leave do I have?", "facts": ["25 days"]}]}'
MAX_TURNS = 20


class ExpectedTurn(BaseModel):
    """A message, and what a good answer to it holds; without `expect` it only leads to the next one.

    Each of `facts` is a text, or several wordings of which one is enough. One of `sources` must be cited,
    by the end of its place. `without` must not be said.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    say: Words
    expect: Kind | None = "answer"
    facts: tuple[Words | tuple[Words, ...], ...] = ()
    sources: tuple[Words, ...] = ()
    without: tuple[Words, ...] = ()
    approve: bool | None = None


class Conversation(BaseModel):
    """Messages of one conversation; `language` is that of the page and of the answers.

    `tasks` says that it adds or changes tasks of whoever runs it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Words
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")] = "en"
    tasks: bool = False
    turns: Annotated[tuple[ExpectedTurn, ...], Field(min_length=1, max_length=MAX_TURNS)]


def read_conversations(path: Path) -> list[Conversation]:
    """The conversations of a JSONL file. Raises `BadFileError` naming the line and the cure."""
    conversations = [_conversation(path, line, row) for line, row in read_rows(path)]
    if not conversations:
        raise BadFileError(f"There is no conversation in {path}. Write one a line, such as {EXAMPLE}")
    _check_ids(path, conversations)
    return conversations


def _conversation(path: Path, line: int, row: object) -> Conversation:
    try:
        return Conversation.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise BadRowError(path, line, f"{place}: {first['msg']}. Write rows such as {EXAMPLE}") from None


def _check_ids(path: Path, conversations: Sequence[Conversation]) -> None:
    seen: set[str] = set()
    for number, conversation in enumerate(conversations, 1):
        if conversation.id in seen:
            raise BadRowError(path, number, f"the id {conversation.id} appears twice. Give each its own.")
        seen.add(conversation.id)
