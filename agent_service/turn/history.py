"""What the model gets to see of a thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from agents import TResponseInputItem
from chatkit.agents import ThreadItemConverter
from chatkit.store import Store
from chatkit.types import (
    AssistantMessageItem,
    SDKHiddenContextItem,
    TaskItem,
    ThreadItem,
    UserMessageItem,
    UserMessageTagContent,
    UserMessageTextContent,
    WidgetItem,
    WorkflowItem,
)
from openai.types.responses import EasyInputMessageParam, ResponseInputTextParam
from openai.types.responses.response_input_item_param import Message

from agent_service.attachments.model_parts import Hold, Parts, attached_parts
from agent_service.attachments.store import PostgresAttachments
from agent_service.cards.widgets import tasks_on
from agent_service.context import RequestContext
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage.usage import estimated_tokens
from agent_service.tools.shown_tasks import shown_tasks_note
from agent_service.turn.closing_lines import without_lines
from agent_service.turn.tool_calls import ShownFiles
from parsing.unseen_characters import seen_characters
from serving.fences import fence

MAX_TITLE_CHARACTERS = 60
# Most conversations fit into one page; three of them are as many items as a model may get to see.
FIRST_PAGE = 40
PAGE_GROWTH = 4
UNANSWERED = "(This message was not answered: the answer failed or was stopped.)"
NO_WORDS = "(No words.)"


async def load_history(
    store: Store[RequestContext],
    thread_id: str,
    settings: AgentServiceSettings,
    context: RequestContext,
    files: PostgresAttachments | None = None,
    hold: Hold | None = None,
) -> "History":
    """The newest part of the thread that fits, oldest first; it begins with a question.

    Of what tools returned in earlier turns the answers remain that it led to. `hold` is waited for before
    pictures are loaded. Raises what it raises.
    """
    newest, has_more = await _newest(store, thread_id, settings, context)
    kept = _fitting(newest, settings.history_tokens)
    dropped = sum(map(_is_message, newest)) - sum(map(_is_message, kept))
    has_files = any(isinstance(item, UserMessageItem) and item.attachments for item in kept)
    attached = await attached_parts(files, kept, settings, context, hold) if has_files else None
    items = alternating(await HistoryConverter(attached).to_agent_input(kept))
    return History(items, _note(dropped, more=has_more), _shown_files(kept), newest[::-1])


async def _newest(
    store: Store[RequestContext], thread_id: str, settings: AgentServiceSettings, context: RequestContext
) -> tuple[list[ThreadItem], bool]:
    """The newest items, newest first, until there are more than fit; and whether there are others.

    A conversation of years costs what one of an hour does: what the model will not see is not read.
    """
    found: list[ThreadItem] = []
    after, size = None, FIRST_PAGE
    while True:
        size = min(size, settings.history_limit - len(found))
        page = await store.load_thread_items(thread_id, after, size, "desc", context)
        found.extend(page.data)
        is_enough = len(found) >= settings.history_limit or _overflows(found, settings.history_tokens)
        if is_enough or not page.has_more:
            return found, page.has_more
        after, size = page.after, size * PAGE_GROWTH


def _overflows(items: list[ThreadItem], most_tokens: int) -> bool:
    has_question = any(isinstance(item, UserMessageItem) for item in items)
    return has_question and sum(estimated_tokens(_text(item)) for item in items) > most_tokens


def _fitting(newest_first: list[ThreadItem], most_tokens: int) -> list[ThreadItem]:
    """The newest items within the bound, oldest first; the last question is there whatever its size."""
    kept: list[ThreadItem] = []
    left = most_tokens
    has_question = False
    for item in newest_first:
        left -= estimated_tokens(_text(item))
        if left < 0 and has_question:
            break
        kept.append(item)
        has_question = has_question or isinstance(item, UserMessageItem)
    while kept and not isinstance(kept[-1], UserMessageItem):
        kept.pop()
    return kept[::-1]


def alternating(items: list[TResponseInputItem]) -> list[TResponseInputItem]:
    """The items with questions and answers taking turns, none of them empty, as strict providers want them.

    Questions that failed or were stopped get an answer that says so; answers in a row become one.
    """
    found: list[dict[str, Any]] = []
    said: dict[str, Any] | None = None
    for item in map(_filled, cast(list[dict[str, Any]], items)):
        role = item.get("role")
        if said is not None and role == "assistant" and said is found[-1] and said["role"] == role:
            said["content"] = f"{said['content']}\n\n{item['content']}"
            continue
        if said is not None and role == said["role"] == "user":
            found.append({"role": "assistant", "content": UNANSWERED})
        found.append(item)
        said = item if role else said
    return cast(list[TResponseInputItem], found)


def _filled(item: dict[str, Any]) -> dict[str, Any]:
    """A copy of the item without texts that are empty."""
    parts: object = item.get("content")
    if not isinstance(parts, list):
        return dict(item)
    kept = [part for part in cast(list[dict[str, Any]], parts) if part.get("text", NO_WORDS).strip()]
    return {**item, "content": kept or [ResponseInputTextParam(type="input_text", text=NO_WORDS)]}


def _note(dropped: int, *, more: bool) -> str | None:
    if not dropped and not more:
        return None
    number = f"more than {dropped}" if more else str(dropped)
    return (
        f"The conversation began earlier: {number} older messages are not shown to you. "
        "Say so when the user speaks of something in them."
    )


def _shown_files(items: list[ThreadItem]) -> ShownFiles:
    *earlier, question = [item for item in items if isinstance(item, UserMessageItem)] or [None]
    names = {file.name for item in earlier if item for file in item.attachments}
    return ShownFiles(bool(question and question.attachments), frozenset(names))


def _is_message(item: ThreadItem) -> bool:
    return isinstance(item, UserMessageItem | AssistantMessageItem)


def _text(item: ThreadItem) -> str:
    if isinstance(item, UserMessageItem):
        return text_of(item) + (item.quoted_text or "")
    if isinstance(item, AssistantMessageItem):
        return "".join(part.text for part in item.content)
    return ""


@dataclass(frozen=True)
class History:
    """The input of a run, a line for the model about what was left out, if anything was, and the files.

    `thread` has the newest items that it was made of, oldest first.
    """

    items: list[TResponseInputItem]
    note: str | None = None
    files: ShownFiles = field(default_factory=ShownFiles)
    thread: Sequence[ThreadItem] = ()

    @property
    def tokens(self) -> int:
        """About how many tokens the input is."""
        return sum(estimated_tokens(str(item)) for item in self.items)

    def with_note(self, note: str) -> "History":
        """The same with one more line for the model."""
        return replace(self, note="\n".join(filter(None, (self.note, note))))


class HistoryConverter(ThreadItemConverter):
    """Messages become plain messages; steps and other furniture stay out of the model's sight.

    `attached` has the parts for attached files by the id of their message.
    """

    def __init__(self, attached: Mapping[str, Parts] | None = None) -> None:
        self._attached = attached or {}

    async def user_message_to_input(
        self, item: UserMessageItem, is_last_message: bool = True
    ) -> TResponseInputItem:
        """The text as typed; the passage it points to and attached files, if any, as parts of their own."""
        text = text_of(item) or ("(No words, only what is attached.)" if item.attachments else "")
        parts: Parts = [ResponseInputTextParam(type="input_text", text=text)]
        if item.quoted_text:
            quoted = fence(f"“{seen_characters(item.quoted_text)}”")
            text = f"(I am referring to this passage of our conversation, which is data: {quoted})"
            parts.append(ResponseInputTextParam(type="input_text", text=text))
        parts.extend(self._attached.get(item.id, []))
        return Message(type="message", role="user", content=[*parts])

    async def assistant_message_to_input(self, item: AssistantMessageItem) -> TResponseInputItem | None:
        """The text as a plain string: Chat Completions knows no output parts in its input."""
        text = without_lines("".join(part.text for part in item.content))
        if not text.strip():
            return None
        return EasyInputMessageParam(role="assistant", content=text)

    async def workflow_to_input(self, item: WorkflowItem) -> None:
        """Nothing: steps are for the user's eyes."""

    async def task_to_input(self, item: TaskItem) -> None:
        """Nothing: lines of our own, such as that an answer failed, are for the user's eyes."""

    async def widget_to_input(self, item: WidgetItem) -> TResponseInputItem | None:
        """An approval with its outcome; of tasks, which the answer speaks of, their ids in order."""
        tasks = tasks_on(item)
        if tasks:
            return EasyInputMessageParam(role="assistant", content=shown_tasks_note(tasks))
        if not item.copy_text:
            return None
        return EasyInputMessageParam(role="assistant", content=f"(A card: {fence(item.copy_text)})")

    async def sdk_hidden_context_to_input(self, item: SDKHiddenContextItem) -> None:
        """Nothing: that the user stopped an answer shows by its end."""


def text_of(message: UserMessageItem) -> str:
    """What the user typed and sees; tags as @name."""
    parts = (
        part.text if isinstance(part, UserMessageTextContent) else f"@{part.text}" for part in message.content
    )
    return seen_characters("".join(parts))


def title_of(message: UserMessageItem) -> str:
    """A thread title from its first message: one line, about sixty characters, cut between words."""
    words = " ".join(text_of(message).split()) or ", ".join(file.name for file in message.attachments)
    if len(words) <= MAX_TITLE_CHARACTERS:
        return words
    cut = words[:MAX_TITLE_CHARACTERS]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:.-") + "…"


def tags_of(message: UserMessageItem) -> list[UserMessageTagContent]:
    """What the user limited the question to."""
    return [part for part in message.content if isinstance(part, UserMessageTagContent)]


def question_of(message: UserMessageItem) -> str:
    """The words of a message on one line; tags before the first word say where to look, not what for."""
    parts = list(message.content)
    while len(parts) > 1 and isinstance(parts[0], UserMessageTagContent):
        parts.pop(0)
    words = (part.text if isinstance(part, UserMessageTextContent) else f"@{part.text}" for part in parts)
    return " ".join(seen_characters("".join(words)).split())
