"""What can be said of a request before it is carried out: afterwards a stream has begun, with status 200."""

from typing import Any, TypeVar

from chatkit.server import ChatKitServer
from chatkit.store import NotFoundError, Store
from chatkit.types import (
    AttachmentsCreateReq,
    AttachmentsDeleteReq,
    ChatKitReq,
    ClientToolCallItem,
    InputTranscribeReq,
    ItemsFeedbackReq,
    StructuredInputItem,
    ThreadMetadata,
    ThreadsAddClientToolOutputReq,
    ThreadsAddStructuredInputReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsCustomActionReq,
    ThreadsRetryAfterItemReq,
    ThreadsSyncCustomActionReq,
    UserMessageInput,
    UserMessageItem,
    WidgetItem,
)
from pydantic import TypeAdapter, ValidationError

from agent_service.context import RequestContext
from agent_service.errors import RequestRefusedError

REQUEST = TypeAdapter[ChatKitReq](ChatKitReq)
Writing = (
    ThreadsAddUserMessageReq
    | ThreadsRetryAfterItemReq
    | ThreadsAddClientToolOutputReq
    | ThreadsAddStructuredInputReq
)
NO_ITEM = "There is no such item in this conversation."
NO_ATTACHMENTS = "Attachments are not supported."
NO_DICTATION = "Dictation is not set up on this server."
NO_ACTIONS = "This server offers no actions."
LONGEST_NAME = 80
LOCKED = "This conversation takes no more messages."

Server = ChatKitServer[RequestContext]
Wanted = TypeVar("Wanted", UserMessageItem, StructuredInputItem, WidgetItem)


def parse_request(body: bytes) -> ChatKitReq:
    """The request. Raises `RequestRefusedError` naming the fields that are wrong."""
    try:
        request = REQUEST.validate_json(body)
    except ValidationError as error:
        raise RequestRefusedError(f"This is no valid ChatKit request: {_problems(error)}") from None
    if isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq):
        _check_message(request.params.input)
    if isinstance(request, ItemsFeedbackReq) and not request.params.item_ids:
        raise RequestRefusedError("This is no valid ChatKit request: params.item_ids: it is empty.")
    return request


async def check_possible(
    server: Server, request: ChatKitReq, context: RequestContext, actions: frozenset[str] | None = None
) -> None:
    """Return when what the request names is there and fits. Raises `RequestRefusedError`, `NotFoundError`.

    `actions` are those that make sense without a card; None leaves that to the server.
    """
    _check_offered(server, request)
    store = server.store
    if isinstance(request, Writing):
        await _check_open(store, request.params.thread_id, context)
    match request:
        case ThreadsCreateReq() | ThreadsAddUserMessageReq():
            await _check_attachments(store, request.params.input, context)
        case ThreadsRetryAfterItemReq():
            await _item(store, request.params, UserMessageItem, "a message of the user", context)
        case ThreadsAddClientToolOutputReq():
            await _check_tool_call(store, request.params.thread_id, context)
        case ThreadsAddStructuredInputReq():
            await _check_form(store, request.params, context)
        case ThreadsCustomActionReq() | ThreadsSyncCustomActionReq():
            await _check_click(store, request.params, context, actions)
        case _:
            pass


def _check_message(message: UserMessageInput) -> None:
    if not message.attachments and not any(part.text.strip() for part in message.content):
        raise RequestRefusedError("The message is empty.")


def _problems(error: ValidationError) -> str:
    """Where and why, for at most three problems, without the input."""
    problems = error.errors(include_input=False, include_url=False, include_context=False)[:3]
    return "; ".join(f"{'.'.join(str(part) for part in p['loc']) or 'body'}: {p['msg']}" for p in problems)


def _check_offered(server: Server, request: ChatKitReq) -> None:
    sentence = None
    match request:
        case AttachmentsCreateReq() | AttachmentsDeleteReq() if server.attachment_store is None:
            sentence = NO_ATTACHMENTS
        case ThreadsCreateReq() | ThreadsAddUserMessageReq() if server.attachment_store is None:
            sentence = NO_ATTACHMENTS if request.params.input.attachments else None
        case InputTranscribeReq() if not _overrides(server, "transcribe"):
            sentence = NO_DICTATION
        case ThreadsCustomActionReq() if not _overrides(server, "action"):
            sentence = NO_ACTIONS
        case ThreadsSyncCustomActionReq() if not _overrides(server, "sync_action"):
            sentence = NO_ACTIONS
        case _:
            pass
    if sentence is not None:
        raise RequestRefusedError(sentence, code="unsupported")


def _overrides(server: Server, method: str) -> bool:
    return getattr(type(server), method) is not getattr(ChatKitServer, method)


def _no_action(name: str) -> RequestRefusedError:
    return RequestRefusedError(
        f"This server knows no action {name[:LONGEST_NAME]!r} without a card.", code="action_refused"
    )


async def _check_open(store: Store[RequestContext], thread_id: str, context: RequestContext) -> None:
    thread: ThreadMetadata = await store.load_thread(thread_id, context)
    if thread.status.type != "active":
        reason = thread.status.reason
        raise RequestRefusedError(
            f"{LOCKED} {reason}" if reason else LOCKED, status=409, code=f"thread_{thread.status.type}"
        )


async def _check_attachments(
    store: Store[RequestContext], message: UserMessageInput, context: RequestContext
) -> None:
    for attachment_id in message.attachments:
        try:
            await store.load_attachment(attachment_id, context)
        except NotFoundError:
            raise RequestRefusedError("There is no such attachment.", status=404, code="not_found") from None


async def _check_tool_call(store: Store[RequestContext], thread_id: str, context: RequestContext) -> None:
    newest = await store.load_thread_items(thread_id, None, 1, "desc", context)
    last = newest.data[0] if newest.data else None
    if not isinstance(last, ClientToolCallItem) or last.status != "pending":
        raise RequestRefusedError("No tool call of this conversation waits for an output.")


async def _check_click(
    store: Store[RequestContext], params: Any, context: RequestContext, actions: frozenset[str] | None
) -> None:
    await store.load_thread(params.thread_id, context)
    if params.item_id:
        await _item(store, params, WidgetItem, "a card", context)
    elif actions is not None and params.action.type not in actions:
        raise _no_action(params.action.type)


async def _check_form(store: Store[RequestContext], params: Any, context: RequestContext) -> None:
    form = await _item(store, params, StructuredInputItem, "a form", context)
    if form.status != "pending":
        raise RequestRefusedError("This form was already answered.", status=409, code="answered")


async def _item(
    store: Store[RequestContext], params: Any, kind: type[Wanted], words: str, context: RequestContext
) -> Wanted:
    try:
        item = await store.load_item(params.thread_id, params.item_id, context)
    except NotFoundError:
        raise RequestRefusedError(NO_ITEM, status=404, code="not_found") from None
    if not isinstance(item, kind):
        raise RequestRefusedError(f"The item {item.id} is not {words}.")
    return item
