"""What can be said of a request before it is carried out: afterwards a stream has begun, with status 200."""

from dataclasses import dataclass
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
    UserMessageTagContent,
    WidgetItem,
)
from pydantic import TypeAdapter, ValidationError

from agent_service.attachments.store import PostgresAttachments
from agent_service.context import RequestContext
from agent_service.errors import RequestRefusedError
from agent_service.requests.admission import Admission
from agent_service.requests.visitors import check_visitor
from agent_service.storage.keyed_ids import thread_of
from agent_service.tools.scope import scope_of
from agent_service.voice.transcription import MAX_AUDIO_BYTES

REQUEST = TypeAdapter[ChatKitReq](ChatKitReq)
Writing = (
    ThreadsAddUserMessageReq
    | ThreadsRetryAfterItemReq
    | ThreadsAddClientToolOutputReq
    | ThreadsAddStructuredInputReq
)
# A recording in Base64, and what stands around it.
MAX_REQUEST_BYTES = MAX_AUDIO_BYTES * 4 // 3 + 4096
# Names a field, as pydantic's reasons do, and is in English like them.
NO_ITEM_IDS = "params.item_ids: it is empty"
# What a server need not have, by the method that does it.
METHODS: dict[type[Any], str] = {
    InputTranscribeReq: "transcribe",
    ThreadsCustomActionReq: "action",
    ThreadsSyncCustomActionReq: "sync_action",
}
MAX_NAME_CHARACTERS = 80

Wanted = TypeVar("Wanted", UserMessageItem, StructuredInputItem, WidgetItem)


def largest_request(body: bytes | bytearray, usual: int) -> int:
    """How long a ChatKit request may become that begins with `body`: recordings are longer than words."""
    is_dictation = b'"input.transcribe"' in body[:200]
    return max(usual, MAX_REQUEST_BYTES) if is_dictation else usual


def parse_request(body: bytes) -> ChatKitReq:
    """The request. Raises `RequestRefusedError` naming the fields that are wrong."""
    try:
        request = REQUEST.validate_json(body)
    except ValidationError as error:
        raise RequestRefusedError("refused.invalid", reason=problems_of(error)) from None
    if isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq):
        _check_message(request.params.input)
    if isinstance(request, ItemsFeedbackReq) and not request.params.item_ids:
        raise RequestRefusedError("refused.invalid", reason=NO_ITEM_IDS)
    return request


@dataclass(frozen=True)
class RequestChecks:
    """Everything that is asked of a request before anything of it is done.

    `actions` are those that make sense without a card; None leaves that to the server.
    `visitor_actions` are open to anonymous visitors.
    """

    server: ChatKitServer[RequestContext]
    files: PostgresAttachments | None = None
    admission: Admission | None = None
    actions: frozenset[str] | None = None
    visitor_actions: frozenset[str] = frozenset()

    @property
    def store(self) -> Store[RequestContext]:
        """Where the threads are."""
        return self.server.store

    async def check(self, request: ChatKitReq, context: RequestContext) -> None:
        """Return when what the request names is there and fits, and may be done now; a message is counted.

        Raises `RequestRefusedError`, `NotFoundError`, or what the database raises.
        """
        _check_offered(self.server, request)
        if context.site is not None:
            check_visitor(request, self.visitor_actions)
        await self._check_possible(request, context)
        if self.admission is not None:
            await self.admission.check(request, context)

    def give_back(self, context: RequestContext, reason: str) -> None:
        """Do not count the message: it could not begin."""
        if self.admission is not None:
            self.admission.give_back(context, reason)

    async def _check_possible(self, request: ChatKitReq, context: RequestContext) -> None:
        if isinstance(request, Writing):
            await _check_open(self.store, request.params.thread_id, context)
        match request:
            case ThreadsCreateReq() | ThreadsAddUserMessageReq():
                await self._check_message(request, context)
            case ThreadsRetryAfterItemReq():
                await _item(self.store, request.params, UserMessageItem, "refused.not_a_message", context)
            case ThreadsAddClientToolOutputReq():
                await _check_tool_call(self.store, request.params.thread_id, context)
            case ThreadsAddStructuredInputReq():
                await _check_form(self.store, request.params, context)
            case ThreadsCustomActionReq() | ThreadsSyncCustomActionReq():
                await self._check_click(request.params, context)
            case _:
                pass

    async def _check_message(
        self, request: ThreadsCreateReq | ThreadsAddUserMessageReq, context: RequestContext
    ) -> None:
        message = request.params.input
        if tags := [part for part in message.content if isinstance(part, UserMessageTagContent)]:
            scope_of(tags)
        try:
            if self.files is not None and message.attachments:
                # Sent again, it finds its files in its conversation.
                again_in = None if context.key is None else thread_of(self.store, request, context)
                await self.files.check(message.attachments, context, again_in)
        except NotFoundError:
            raise RequestRefusedError("upload.unknown", status=404, code="not_found") from None

    async def _check_click(self, params: Any, context: RequestContext) -> None:
        await self.store.load_thread(params.thread_id, context)
        if params.item_id:
            await _item(self.store, params, WidgetItem, "refused.not_a_card", context)
        elif self.actions is not None and params.action.type not in self.actions:
            raise _no_action(params.action.type)


def _check_message(message: UserMessageInput) -> None:
    if not message.attachments and not any(part.text.strip() for part in message.content):
        raise RequestRefusedError("refused.empty_message")


def problems_of(error: ValidationError) -> str:
    """Where and why, for at most three problems, without the input."""
    problems = error.errors(include_input=False, include_url=False, include_context=False)[:3]
    return "; ".join(f"{'.'.join(str(part) for part in p['loc']) or 'body'}: {p['msg']}" for p in problems)


def _check_offered(server: ChatKitServer[RequestContext], request: ChatKitReq) -> None:
    """Whether the server can do this at all. Raises `RequestRefusedError`."""
    files = isinstance(request, AttachmentsCreateReq | AttachmentsDeleteReq)
    if isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq):
        files = bool(request.params.input.attachments)
    is_missing = files and server.attachment_store is None
    method = METHODS.get(type(request))
    if is_missing or (method and getattr(type(server), method) is getattr(ChatKitServer, method)):
        raise RequestRefusedError("refused.not_offered", code="unsupported")


def _no_action(name: str) -> RequestRefusedError:
    return RequestRefusedError(
        "refused.unknown_action", code="action_refused", name=name[:MAX_NAME_CHARACTERS]
    )


async def _check_open(store: Store[RequestContext], thread_id: str, context: RequestContext) -> None:
    thread: ThreadMetadata = await store.load_thread(thread_id, context)
    if thread.status.type != "active":
        reason = thread.status.reason
        key = "refused.closed.because" if reason else "refused.closed"
        raise RequestRefusedError(key, status=409, code=f"thread_{thread.status.type}", reason=reason)


async def _check_tool_call(store: Store[RequestContext], thread_id: str, context: RequestContext) -> None:
    newest = await store.load_thread_items(thread_id, None, 1, "desc", context)
    last = newest.data[0] if newest.data else None
    if not isinstance(last, ClientToolCallItem) or last.status != "pending":
        raise RequestRefusedError("refused.no_tool_call")


async def _check_form(store: Store[RequestContext], params: Any, context: RequestContext) -> None:
    form = await _item(store, params, StructuredInputItem, "refused.not_a_form", context)
    if form.status != "pending":
        raise RequestRefusedError("refused.answered", status=409, code="answered")


async def _item(
    store: Store[RequestContext], params: Any, kind: type[Wanted], key: str, context: RequestContext
) -> Wanted:
    try:
        item = await store.load_item(params.thread_id, params.item_id, context)
    except NotFoundError:
        raise RequestRefusedError("refused.no_item", status=404, code="not_found") from None
    if not isinstance(item, kind):
        raise RequestRefusedError(key, id=item.id)
    return item
