"""What anonymous visitors may ask of the protocol: their conversations in words, and nothing else."""

from collections.abc import Collection

from chatkit.types import (
    ChatKitReq,
    ItemsFeedbackReq,
    ItemsListReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsCustomActionReq,
    ThreadsDeleteReq,
    ThreadsGetByIdReq,
    ThreadsListReq,
    ThreadsRetryAfterItemReq,
    ThreadsUpdateReq,
)

from agent_service.errors import RequestRefusedError

OPEN = (
    ThreadsListReq
    | ThreadsGetByIdReq
    | ThreadsCreateReq
    | ThreadsAddUserMessageReq
    | ThreadsRetryAfterItemReq
    | ThreadsCustomActionReq
    | ThreadsUpdateReq
    | ThreadsDeleteReq
    | ItemsListReq
    | ItemsFeedbackReq
)


def check_visitor(request: ChatKitReq, actions: Collection[str]) -> None:
    """Return when a visitor may send this; of actions only these are open.

    Raises `RequestRefusedError` (403).
    """
    if not isinstance(request, OPEN):
        raise closed()
    has_message = isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq)
    if has_message and request.params.input.attachments:
        raise closed()
    if isinstance(request, ThreadsCustomActionReq) and request.params.action.type not in actions:
        raise closed()


def closed() -> RequestRefusedError:
    """What a visitor is told who tries more than that."""
    return RequestRefusedError("visitors.closed", status=403, code="not_for_visitors")
