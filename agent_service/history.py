"""What the model gets to see of a thread."""

from agents import TResponseInputItem
from chatkit.agents import ThreadItemConverter
from chatkit.store import Store
from chatkit.types import (
    AssistantMessageItem,
    SDKHiddenContextItem,
    UserMessageItem,
    UserMessageTextContent,
    WorkflowItem,
)
from openai.types.responses import EasyInputMessageParam, ResponseInputTextParam
from openai.types.responses.response_input_item_param import Message

from agent_service.request_context import RequestContext

LONGEST_TITLE = 60


async def load_history(
    store: Store[RequestContext], thread_id: str, limit: int, context: RequestContext
) -> list[TResponseInputItem]:
    """The newest `limit` items of the thread, oldest first, as input of a run; it begins with a question."""
    page = await store.load_thread_items(thread_id, None, limit, "desc", context)
    items = list(reversed(page.data))
    while items and not isinstance(items[0], UserMessageItem):
        items.pop(0)
    return await HistoryConverter().to_agent_input(items)


class HistoryConverter(ThreadItemConverter):
    """Messages become plain messages; steps and other furniture stay out of the model's sight."""

    async def user_message_to_input(
        self, item: UserMessageItem, is_last_message: bool = True
    ) -> TResponseInputItem:
        """The text as typed; the passage it points to, if any, as a second part."""
        parts = [ResponseInputTextParam(type="input_text", text=text_of(item))]
        if item.quoted_text:
            text = f"(I am referring to this passage of our conversation: “{item.quoted_text}”)"
            parts.append(ResponseInputTextParam(type="input_text", text=text))
        return Message(type="message", role="user", content=[*parts])

    async def assistant_message_to_input(self, item: AssistantMessageItem) -> TResponseInputItem:
        """The text as a plain string: Chat Completions knows no output parts in its input."""
        text = "".join(part.text for part in item.content)
        return EasyInputMessageParam(role="assistant", content=text)

    async def workflow_to_input(self, item: WorkflowItem) -> None:
        """Nothing: steps are for the user's eyes."""

    async def sdk_hidden_context_to_input(self, item: SDKHiddenContextItem) -> None:
        """Nothing: that the user stopped an answer shows by its end."""


def text_of(message: UserMessageItem) -> str:
    """What the user typed; tags as @name."""
    return "".join(
        part.text if isinstance(part, UserMessageTextContent) else f"@{part.text}" for part in message.content
    )


def title_of(message: UserMessageItem) -> str:
    """A thread title from its first message: one line, about sixty characters, cut between words."""
    words = " ".join(text_of(message).split())
    if len(words) <= LONGEST_TITLE:
        return words
    cut = words[:LONGEST_TITLE]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:.-") + "…"
