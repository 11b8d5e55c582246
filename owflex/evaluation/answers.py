"""`owflex evaluate answers`: asks the chat a file of questions and counts how good its answers are."""

import statistics
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Column, Table

from agent_service.settings.settings import AgentServiceSettings
from database.settings import read_settings
from owflex.asking.addresses import chat_url, is_chat
from owflex.asking.own_servers import own_chat
from owflex.evaluation.answer_chat import ChatBrokeOffError, ChatSession
from owflex.evaluation.answer_file import Conversation, ExpectedTurn, read_conversations
from owflex.evaluation.answer_grading import GRADES, Given, Grade, Graded, grade
from owflex.evaluation.errors import BadFileError
from owflex.exit_codes import exit_code
from serving.terminal import Console, escape, json_text

BAD_FILE = 2
MAX_SHOWN_CHARACTERS = 100
output = Console(highlight=False)
notes = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class Marked:
    """A turn with its answer and the grade."""

    conversation: str
    language: str
    turn: ExpectedTurn
    given: Given
    graded: Graded


def run_answers(path: Path, *, as_json: bool, with_tasks: bool) -> int:
    """Ask, grade and print; the exit code is 0 measured, 1 could not be asked, 2 a wrong file."""

    def run() -> int:
        try:
            conversations = read_conversations(path)
        except BadFileError as error:
            notes.print(f"[red]{escape(str(error))}[/red]", soft_wrap=True)
            return BAD_FILE
        wanted = [one for one in conversations if with_tasks or not one.tasks]
        marked = _measured(wanted)
        _show(marked, skipped=len(conversations) - len(wanted), as_json=as_json)
        return 0

    return exit_code(run)


def _measured(conversations: Sequence[Conversation]) -> list[Marked]:
    with _chat() as url:
        marked: list[Marked] = []
        for number, conversation in enumerate(conversations, 1):
            marked.extend(ask(url, conversation))
            if number % 10 == 0 or number == len(conversations):
                notes.print(f"{number} of {len(conversations)} conversations")
        return marked


@contextmanager
def _chat() -> Generator[str]:
    settings = read_settings(AgentServiceSettings)
    if settings.agent_service_auth != "none":
        raise ChatBrokeOffError("This chat asks for a login, which a terminal has not. Measure one without.")
    url = chat_url(settings)
    if is_chat(url):
        yield url
        return
    with own_chat(lambda sentence: notes.print(escape(sentence), soft_wrap=True)) as own:
        yield own


def ask(url: str, conversation: Conversation) -> list[Marked]:
    """The answers to the turns that expect one, graded. Raises `ChatBrokeOffError`."""
    marked: list[Marked] = []
    with ChatSession(url, conversation.language) as chat:
        for turn in conversation.turns:
            given = chat.say(turn.say)
            if turn.approve is not None:
                given = chat.decide(approve=turn.approve)
            if turn.expect is not None:
                graded = grade(turn, given, conversation.language)
                marked.append(Marked(conversation.id, conversation.language, turn, given, graded))
    return marked


def _show(marked: Sequence[Marked], *, skipped: int, as_json: bool) -> None:
    if skipped:
        notes.print(f"{skipped} conversations about tasks were left out; --tasks asks them, and adds tasks.")
    if as_json:
        print(json_text(as_figures(marked)))  # noqa: T201
        return
    output.print(_counts(marked))
    for one in marked:
        if one.graded.grade != "right":
            _show_fault(one)


def _show_fault(one: Marked) -> None:
    said = one.turn.say[:MAX_SHOWN_CHARACTERS]
    output.print(
        f"{one.graded.grade}: {escape(one.conversation)}: {escape(said)}: "
        f"{escape('; '.join(one.graded.reasons))}",
        soft_wrap=True,
    )


def _counts(marked: Sequence[Marked]) -> Table:
    table = Table("", *(Column(name, justify="right") for name in (*GRADES, "turns")))
    for language in sorted({one.language for one in marked}):
        table.add_row(language, *_row([one for one in marked if one.language == language]))
    table.add_row("all", *_row(marked), style="bold")
    return table


def _row(marked: Sequence[Marked]) -> list[str]:
    counts = Counter(one.graded.grade for one in marked)
    return [*(str(counts[name]) for name in GRADES), str(len(marked))]


def as_figures(marked: Sequence[Marked]) -> dict[str, Any]:
    """The counts, the cost of an answer, and each turn with its answer, as JSON values."""
    counts: Counter[Grade] = Counter(one.graded.grade for one in marked)
    turns: list[dict[str, Any]] = [_as_row(one) for one in marked]
    return {
        "turns": len(marked),
        **{name: counts[name] for name in GRADES},
        "tool_calls_mean": _mean([one.given.tools for one in marked]),
        "seconds_median": _median([one.given.seconds for one in marked]),
        "answers": turns,
    }


def _as_row(one: Marked) -> dict[str, Any]:
    given = {name: value for name, value in asdict(one.given).items() if name != "passages"}
    said: dict[str, Any] = {"conversation": one.conversation, "language": one.language, "say": one.turn.say}
    return said | {"grade": one.graded.grade, "reasons": list(one.graded.reasons)} | given


def _mean(values: Sequence[float]) -> float | None:
    return round(statistics.fmean(values), 2) if values else None


def _median(values: Sequence[float]) -> float | None:
    return round(statistics.median(values), 3) if values else None
