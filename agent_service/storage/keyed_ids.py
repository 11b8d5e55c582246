"""Ids that follow from a user and the key of a request: sent again, it makes the same things."""

import hashlib

from chatkit.store import Store, StoreItemType
from chatkit.types import ThreadsAddUserMessageReq, ThreadsCreateReq

from agent_service.context import RequestContext
from agent_service.storage.pages import ID_PREFIXES, new_id


def id_under_key(item_type: StoreItemType, context: RequestContext, place: str = "") -> str:
    """The id of what a request makes in a place (a thread): sent again under its key, it makes the same one.

    Nobody else's key leads to it. Without a key it is random.
    """
    if context.key is None:
        return new_id(item_type)
    # A length before each part: no two users, places and keys make the same text.
    parts = (context.user_id, place, context.key)
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return f"{ID_PREFIXES[item_type]}_{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def thread_of(
    store: Store[RequestContext],
    request: ThreadsCreateReq | ThreadsAddUserMessageReq,
    context: RequestContext,
) -> str:
    """The conversation that a message is for; that of a new one is known before it is there."""
    if isinstance(request, ThreadsCreateReq):
        return store.generate_thread_id(context)
    return request.params.thread_id


def message_id(thread_id: str, context: RequestContext) -> str:
    """The id of the message that a request brings into the thread."""
    return id_under_key("message", context, thread_id)
