"""How an answer ends: its card, what to ask next; and what is taken back."""

import re
from collections.abc import Iterable, Iterator

from chatkit.types import (
    AssistantMessageItem,
    ClientEffectEvent,
    Task,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadStreamEvent,
    WidgetItem,
    WorkflowItem,
)

from agent_service.cards.approval_cards import ask_for_approval
from agent_service.cards.task_cards import card_of_turn
from agent_service.cards.widgets import new_card_id
from agent_service.i18n.catalog import say
from agent_service.models.extractive.headings import is_empty_heading
from agent_service.tools.run_server import RunServer
from agent_service.tools.schemas import LEAST_CONFIDENCE, MadeChange, Passage
from agent_service.turn.closing_lines import says_something
from agent_service.turn.progress import Progress

EFFECT = "suggestions"
MAX_QUESTIONS = 3
MAX_TOPIC_CHARACTERS = 80
WORD = re.compile(r"\w{3,}")
# The heading of a version, a date or a step says nothing by itself.
BEGINS_WITH_NUMBER = re.compile(r"\W*v?\d")
# What would end the quotation, or the question: the user who takes it up would say it in their own name.
LEAVES = re.compile(r"[“”„«»\"]|[.!?;:。！？]\s")


class Unfinished:
    """Remembers the items that were begun and have not ended."""

    def __init__(self) -> None:
        self._items: dict[str, ThreadItem] = {}

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """The event itself."""
        if isinstance(event, ThreadItemAddedEvent):
            self._items[event.item.id] = event.item
        elif isinstance(event, ThreadItemDoneEvent):
            self._items.pop(event.item.id, None)
        elif isinstance(event, ThreadItemRemovedEvent):
            self._items.pop(event.item_id, None)
        return [event]

    def end(self) -> list[ThreadStreamEvent]:
        """Nothing: who asks after a failure asks for `closing`."""
        return []

    def closing(self) -> list[ThreadStreamEvent]:
        """The events that take back a half answer and end the steps that were shown."""
        events = [event for item in self._items.values() for event in _closing(item)]
        self._items.clear()
        return events


def _closing(item: ThreadItem) -> list[ThreadStreamEvent]:
    if isinstance(item, AssistantMessageItem):
        return [ThreadItemRemovedEvent(item_id=item.id)]
    if isinstance(item, WorkflowItem):
        tasks = [_stopped(task) for task in item.workflow.tasks]
        workflow = item.workflow.model_copy(update={"tasks": tasks})
        return [ThreadItemDoneEvent(item=item.model_copy(update={"workflow": workflow}))]
    return []


def _stopped(task: Task) -> Task:
    if task.status_indicator != "loading":
        return task
    return task.model_copy(update={"status_indicator": "none"})


class Said:
    """Remembers which messages say something and are still there."""

    def __init__(self) -> None:
        self._messages: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._messages)

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """The event itself."""
        if isinstance(event, ThreadItemRemovedEvent):
            self._messages.discard(event.item_id)
        elif isinstance(event, ThreadItemDoneEvent) and says_something(event):
            self._messages.add(event.item.id)
        return [event]

    def end(self) -> list[ThreadStreamEvent]:
        """Nothing."""
        return []


async def ending(progress: Progress, said: Said) -> list[ThreadStreamEvent]:
    """The turn's card, if it has one, and what could be asked next.

    Raises what the tools and the database raise.
    """
    card = await _card(progress)
    events: list[ThreadStreamEvent] = [] if card is None else [ThreadItemDoneEvent(item=card)]
    return [*events, *_suggestions(progress)] if said or progress.waits_for_approval else events


async def _card(progress: Progress) -> WidgetItem | None:
    """The question for the user's approval when the run stopped for one, else the turn's tasks."""
    turn, evidence = progress.turn, progress.evidence
    if progress.result is not None and progress.waits_for_approval:
        run = turn.new_run()
        run.calls = progress.run.calls if progress.run else run.calls
        return await ask_for_approval(
            progress.result, run, turn.mcp_server, turn.approvals, evidence.passages
        )
    if not evidence.task_results:
        return None
    changes = turn.mcp_server.changes if isinstance(turn.mcp_server, RunServer) else dict[int, MadeChange]()
    return card_of_turn(evidence.task_results, new_card_id(), turn.thread.id, turn.context.locale, changes)


def _suggestions(progress: Progress) -> list[ThreadStreamEvent]:
    """The event that offers further questions, if there are any; the thread remembers the newest."""
    turn = progress.turn
    evidence = progress.evidence
    is_found = evidence.confidence is None or evidence.confidence >= LEAST_CONFIDENCE
    passages = evidence.uncited if is_found else []
    questions = next_questions(passages, turn.question, turn.context.locale)
    if questions or EFFECT in turn.thread.metadata:
        turn.thread.metadata = turn.thread.metadata | {EFFECT: questions}
    return [ClientEffectEvent(name=EFFECT, data={"questions": questions})] if questions else []


def next_questions(passages: Iterable[Passage], question: str, locale: str) -> list[str]:
    """At most three questions, one for each section found; what the question spoke of is left out."""
    asked = set(WORD.findall(question.casefold()))
    topics = list(dict.fromkeys(_topics(passages, asked)))
    return [say(locale, "line.next_question", topic=topic) for topic in topics[:MAX_QUESTIONS]]


def _topics(passages: Iterable[Passage], asked: set[str]) -> Iterator[str]:
    for passage in passages:
        topic = " ".join((passage.heading_path or [""])[-1].split())
        words = set(WORD.findall(topic.casefold()))
        is_subject = not (is_empty_heading(topic) or BEGINS_WITH_NUMBER.match(topic) or LEAVES.search(topic))
        if words and is_subject and not words <= asked and len(topic) <= MAX_TOPIC_CHARACTERS:
            yield topic
