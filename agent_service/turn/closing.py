"""How an answer ends: a line when it cites nothing, its card, what to ask next; and what is taken back."""

import re
from collections.abc import Iterable, Iterator

from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ClientEffectEvent,
    Task,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    WidgetItem,
    WorkflowItem,
)

from agent_service.cards.approval_cards import ask_for_approval
from agent_service.cards.task_cards import card_of_turn
from agent_service.cards.widgets import new_card_id
from agent_service.i18n.catalog import in_every_language, say
from agent_service.tools.schemas import DOCUMENT_TOOLS, Passage
from agent_service.turn.runner import Progress
from agent_service.turn.tool_calls import Evidence

# Below this the search itself says that its passages hardly answer the question.
CONFIDENT = 0.3
EFFECT = "suggestions"
MAX_QUESTIONS = 3
MAX_TOPIC_CHARACTERS = 80
WORD = re.compile(r"\w{3,}")
LINE = "line.not_backed"


def without_line(text: str) -> str:
    """The text of an answer without the line: a model would learn to write it itself."""
    for line in in_every_language(LINE):
        text = text.removesuffix(f"\n\n{line}")
    return text


def needs_line(evidence: Evidence) -> bool:
    """Whether an answer without any citation is one about documents, which should have some.

    It is about documents when no other tools were called, and when the search is confident of what it found:
    for small talk, and for questions that the documents do not answer, it is not. With a file of the user's
    own beside the question it may rest on that.
    """
    return (
        bool(evidence.chunk_ids)
        and not evidence.files.with_question
        and evidence.tools_used <= DOCUMENT_TOOLS
        and evidence.confidence is not None
        and evidence.confidence >= CONFIDENT
    )


class UncitedNotice:
    """Puts the line under the last message where it is needed.

    The end of a message is held back until the next event, which tells whether it was the last one.
    """

    def __init__(self, evidence: Evidence, locale: str) -> None:
        self._evidence = evidence
        self._line = say(locale, LINE)
        self._held: list[ThreadStreamEvent] = []
        self._citing: set[str] = set()

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """The event, behind what was held back; nothing when it ends a message."""
        _note_citations(event, self._citing)
        if _ends_message(event):
            self._held.append(event)
            return []
        released, self._held = [*self._held, event], []
        return released

    def end(self) -> list[ThreadStreamEvent]:
        """The end of the last message, with the line or without."""
        held = self._held
        is_bare = (
            not self._citing and any(map(says_something, held)) and not _names_file(held, self._evidence)
        )
        if not is_bare or not needs_line(self._evidence):
            return held
        return [update for event in held for update in _with_line(event, f"\n\n{self._line}")]


def _note_citations(event: ThreadStreamEvent, citing: set[str]) -> None:
    """Keep the ids of the messages that cite something and are still there."""
    if isinstance(event, ThreadItemRemovedEvent):
        citing.discard(event.item_id)
        return
    if not isinstance(event, ThreadItemDoneEvent) or not isinstance(event.item, AssistantMessageItem):
        return
    if any(part.annotations for part in event.item.content):
        citing.add(event.item.id)


def _ends_message(event: ThreadStreamEvent) -> bool:
    if isinstance(event, ThreadItemUpdatedEvent):
        return isinstance(event.update, AssistantMessageContentPartDone)
    return isinstance(event, ThreadItemDoneEvent) and isinstance(event.item, AssistantMessageItem)


def says_something(event: ThreadStreamEvent) -> bool:
    """Whether the event is a finished message that is not empty."""
    return (
        isinstance(event, ThreadItemDoneEvent)
        and isinstance(event.item, AssistantMessageItem)
        and any(part.text.strip() for part in event.item.content)
    )


def _names_file(events: list[ThreadStreamEvent], evidence: Evidence) -> bool:
    """Whether a message names a file that was attached earlier in the conversation."""
    messages = [event.item for event in events if isinstance(event, ThreadItemDoneEvent)]
    said = " ".join(
        part.text for item in messages if isinstance(item, AssistantMessageItem) for part in item.content
    )
    return any(name in said for name in evidence.files.earlier)


def _with_line(event: ThreadStreamEvent, text: str) -> Iterator[ThreadStreamEvent]:
    if isinstance(event, ThreadItemUpdatedEvent) and isinstance(
        event.update, AssistantMessageContentPartDone
    ):
        update = event.update
        delta = AssistantMessageContentPartTextDelta(content_index=update.content_index, delta=text)
        yield ThreadItemUpdatedEvent(item_id=event.item_id, update=delta)
        content = _extended(update.content, text)
        yield event.model_copy(update={"update": update.model_copy(update={"content": content})})
    elif isinstance(event, ThreadItemDoneEvent) and isinstance(event.item, AssistantMessageItem):
        *before, last = event.item.content or [AssistantMessageContent(text="", annotations=[])]
        content = [*before, _extended(last, text)]
        yield event.model_copy(update={"item": event.item.model_copy(update={"content": content})})
    else:
        yield event


def _extended(content: AssistantMessageContent, text: str) -> AssistantMessageContent:
    return content.model_copy(update={"text": content.text + text})


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
    return card_of_turn(evidence.task_results, new_card_id(), turn.thread.id, turn.context.locale)


def _suggestions(progress: Progress) -> list[ThreadStreamEvent]:
    """The event that offers further questions, if there are any; the thread remembers the newest."""
    turn = progress.turn
    questions = next_questions(progress.evidence.uncited, turn.question, turn.context.locale)
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
        if words and not words <= asked and len(topic) <= MAX_TOPIC_CHARACTERS:
            yield topic
