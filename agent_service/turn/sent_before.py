"""A message that is sent again under its key: it is stored once, and answered from what is stored.

Whoever sends a message gives it a key (`Idempotency-Key`), and sends it again under the same one when the
connection ended before the answer did. The ids of the conversation and of the message follow from the user
and the key, so that every process finds in Postgres what another one has stored.
"""

from dataclasses import dataclass

from chatkit.store import NotFoundError, Store
from chatkit.types import (
    ChatKitReq,
    HiddenContextItem,
    SDKHiddenContextItem,
    TaskItem,
    ThreadItem,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    UserMessageInput,
    UserMessageItem,
    WorkflowItem,
)

from agent_service.context import RequestContext
from agent_service.errors import RequestRefusedError
from agent_service.storage.keyed_ids import message_id, thread_of
from agent_service.turn.notice import FINAL

PAGE_SIZE = 100
Hidden = HiddenContextItem | SDKHiddenContextItem


@dataclass(frozen=True)
class SentBefore:
    """A message that is stored already, and what followed it up to the next one, without what nobody sees."""

    message: UserMessageItem
    answer: list[ThreadItem]
    has_followers: bool

    @property
    def is_answered(self) -> bool:
        """Whether there is nothing to add: it has an answer, will never get one, or the talk went on."""
        last = self.answer[-1] if self.answer else None
        if self.has_followers:
            return True
        if isinstance(last, TaskItem):
            return last.task.type == "custom" and last.task.icon == FINAL
        return any(not isinstance(item, WorkflowItem) for item in self.answer)


async def find_sent_before(
    store: Store[RequestContext], request: ChatKitReq, context: RequestContext
) -> SentBefore | None:
    """The message of the request if it came before under its key.

    Raises `RequestRefusedError` (422) when something else was sent under this key.
    """
    if context.key is None or not isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq):
        return None
    thread_id = thread_of(store, request, context)
    try:
        item = await store.load_item(thread_id, message_id(thread_id, context), context)
    except NotFoundError:
        return None
    if not isinstance(item, UserMessageItem) or not _says(item, request.params.input):
        raise RequestRefusedError("refused.key_reused", status=422, code="key_reused")
    return await _with_answer(store, item, context)


async def _with_answer(
    store: Store[RequestContext], message: UserMessageItem, context: RequestContext
) -> SentBefore:
    found: list[ThreadItem] = []
    after = message.id
    while True:
        page = await store.load_thread_items(message.thread_id, after, PAGE_SIZE, "asc", context)
        for item in page.data:
            if isinstance(item, UserMessageItem):
                return SentBefore(message, found, has_followers=True)
            if not isinstance(item, Hidden):
                found.append(item)
        if not page.has_more:
            return SentBefore(message, found, has_followers=False)
        after = page.data[-1].id


def _says(message: UserMessageItem, sent: UserMessageInput) -> bool:
    return (
        message.content == sent.content
        and [attachment.id for attachment in message.attachments] == sent.attachments
        and (message.quoted_text or None) == (sent.quoted_text or None)
        and message.inference_options == sent.inference_options
    )
