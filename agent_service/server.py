"""The ChatKit server: what happens between a message and its answer."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import anyio
import psycopg
from chatkit.actions import Action
from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer, NonStreamingResult, StreamingResult
from chatkit.store import Store
from chatkit.types import (
    AudioInput,
    ChatKitReq,
    ErrorEvent,
    FeedbackKind,
    InputTranscribeReq,
    StreamingReq,
    SyncCustomActionResponse,
    Thread,
    ThreadCreatedEvent,
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadMetadata,
    ThreadRetryAfterItemParams,
    ThreadsCreateReq,
    ThreadsRetryAfterItemReq,
    ThreadStreamEvent,
    TranscriptionResult,
    UserMessageInput,
    UserMessageItem,
    WidgetItem,
    is_streaming_req,
)

from agent_service.attachments.store import PostgresAttachments
from agent_service.cards.approvals import Approvals
from agent_service.context import RequestContext
from agent_service.errors import ActionRefusedError
from agent_service.foreign.watching import NoOthers, Others
from agent_service.i18n.catalog import DATABASE_GONE, say
from agent_service.models.menu import ModelMenu
from agent_service.models.providers import ChosenModel
from agent_service.observe.metrics import Metrics, TurnWatcher
from agent_service.requests.validation import REQUEST
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage.failures import storage_sentence
from agent_service.storage.feedback import save_feedback
from agent_service.storage.keyed_ids import message_id
from agent_service.storage.postgres import PatientStore
from agent_service.storage.usage import check_not_deleted
from agent_service.turn.clicks import Click, Clicks, ConnectMcp
from agent_service.turn.closing import Unfinished
from agent_service.turn.edits import EDIT_MESSAGE, SHOW_VERSION, keep_answer, shown_version
from agent_service.turn.notice import lacks_answer, note_stopped
from agent_service.turn.pipeline import Turns
from agent_service.turn.sent_before import SentBefore, find_sent_before
from agent_service.voice.transcription import Dictation, sound_in
from database.pool import Pool
from serving.draining import Running

logger = logging.getLogger("agent_service")


class OwFlexChatKitServer(ChatKitServer[RequestContext]):
    """Answers messages with an agent that reaches documents and tasks over MCP only."""

    def __init__(
        self,
        pool: Pool,
        settings: AgentServiceSettings,
        chosen: ChosenModel,
        connect_mcp: ConnectMcp,
        others: Others,
    ) -> None:
        self.threads = store = PatientStore(pool)
        self.files = PostgresAttachments(pool, settings, store)
        self.dictation = Dictation(settings)
        super().__init__(store, self.files)
        self._pool = pool
        self.menu = ModelMenu(settings, chosen)
        self.running = Running()
        self.metrics = Metrics(pool, self.running)
        self._clicks = Clicks(self.store, Approvals(pool), connect_mcp)
        watcher = TurnWatcher(self.metrics, logs_messages=settings.log_messages)
        self._turns = Turns(
            pool, settings, self.files, self.menu, self.metrics, watcher, self._clicks, others
        )

    async def process(
        self, request: str | bytes | bytearray | ChatKitReq, context: RequestContext
    ) -> StreamingResult | NonStreamingResult:
        """What ChatKit answers to a request, which may have been parsed already."""
        if isinstance(request, str | bytes | bytearray):
            request = REQUEST.validate_json(request)
        if is_streaming_req(request):
            return StreamingResult(self._process_streaming(request, context))
        if isinstance(request, InputTranscribeReq):
            # The SDK would decode it all at once, and skip what is no Base64.
            audio = AudioInput(data=await sound_in(request), mime_type=request.params.mime_type)
            return NonStreamingResult(self._serialize(await self.transcribe(audio, context)))
        return NonStreamingResult(await self._process_non_streaming(request, context))

    def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: RequestContext
    ) -> AsyncIterator[ThreadStreamEvent]:
        """The answer's events; a failure becomes one sentence for the user, without half an answer."""
        return self._turns.answer(thread, input_user_message, context)

    def turns_over(self, store: Store[RequestContext], connect_mcp: ConnectMcp) -> Turns:
        """The same answers over another store and with other rights, for what is kept nowhere."""
        clicks = replace(self._clicks, store=store, connect_mcp=connect_mcp)
        return replace(self._turns, clicks=clicks, others=NoOthers())

    def action(
        self,
        thread: ThreadMetadata,
        action: Action[str, Any],
        sender: WidgetItem | None,
        context: RequestContext,
    ) -> AsyncIterator[ThreadStreamEvent]:
        """The events of a click on a card; a failure becomes one sentence for the user."""
        if action.type == EDIT_MESSAGE:
            return self._turns.answer_edited(thread, action, context)
        if action.type == SHOW_VERSION:
            return self._shown(thread, action, context)
        return self._turns.answer_click(Click(thread, action, sender, context))

    async def _shown(
        self, thread: ThreadMetadata, action: Action[str, Any], context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent]:
        try:
            async for event in shown_version(self.store, thread.id, action, context):
                yield event
        except ActionRefusedError as error:
            raise CustomStreamError(error.said(context.locale), allow_retry=False) from None

    async def sync_action(
        self,
        thread: ThreadMetadata,
        action: Action[str, Any],
        sender: WidgetItem | None,
        context: RequestContext,
    ) -> SyncCustomActionResponse:
        """The card after a click. Raises `SaidError` with the reason."""
        return await self._clicks.answer(Click(thread, action, sender, context))

    async def transcribe(self, audio_input: AudioInput, context: RequestContext) -> TranscriptionResult:
        """What is said in the recording. Raises `RequestRefusedError`."""
        return TranscriptionResult(text=await self.dictation.text_of(audio_input.data, context.user_id))

    async def add_feedback(
        self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: RequestContext
    ) -> None:
        """Store the user's vote on the items."""
        await save_feedback(self._pool, thread_id, item_ids, feedback, context)

    async def handle_stream_cancelled(
        self, thread: ThreadMetadata, pending_items: list[ThreadItem], context: RequestContext
    ) -> None:
        """Keep the part of the answer that was there, even while everything around is being cancelled.

        A note behind it says that the answer was stopped; a click on a card, which has none, leaves no note.
        """
        with anyio.CancelScope(shield=True):
            has_begun = bool(pending_items) or await lacks_answer(self.store, thread.id, context)
            await super().handle_stream_cancelled(thread, pending_items, context)
            if has_begun:
                await note_stopped(self.store, thread, context)

    async def _process_streaming_impl(
        self, request: StreamingReq, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        # Called while no other request writes to the thread.
        before = await find_sent_before(self.store, request, context)
        if before is None:
            if isinstance(request, ThreadsCreateReq) and context.key is not None:
                await check_not_deleted(self._pool, self.store.generate_thread_id(context), context)
            if isinstance(request, ThreadsRetryAfterItemReq):
                await keep_answer(self.store, request.params.thread_id, request.params.item_id, context)
            events = super()._process_streaming_impl(request, context)
        else:
            events = self._sent_again(request, before, context)
        async for event in events:
            yield event

    async def _sent_again(
        self, request: StreamingReq, before: SentBefore, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """What is stored of a message and its answer; an answer that is missing is written now."""
        thread_id = before.message.thread_id
        if isinstance(request, ThreadsCreateReq):
            yield ThreadCreatedEvent(
                thread=self._to_thread_response(await self.store.load_thread(thread_id, context))
            )
        yield ThreadItemDoneEvent(item=before.message)
        if before.is_answered:
            for item in before.answer:
                yield ThreadItemDoneEvent(item=item)
            return
        again = ThreadRetryAfterItemParams(thread_id=thread_id, item_id=before.message.id)
        async for event in super()._process_streaming_impl(ThreadsRetryAfterItemReq(params=again), context):
            yield event

    async def _build_user_message_item(
        self, input: UserMessageInput, thread: ThreadMetadata | Thread, context: RequestContext
    ) -> UserMessageItem:
        item = await super()._build_user_message_item(input, thread, context)
        return item.model_copy(update={"id": message_id(thread.id, context)})

    async def _process_events(
        self,
        thread: ThreadMetadata,
        context: RequestContext,
        stream: Callable[[], AsyncIterator[ThreadStreamEvent]],
    ) -> AsyncIterator[ThreadStreamEvent]:
        failures = StorageFailures(context.locale)
        with self.running.one():
            try:
                async for event in super()._process_events(thread, context, stream):
                    for passed in failures.feed(event):
                        yield passed
            except psycopg.Error as error:
                for said in failures.failed(error):
                    yield said


class StorageFailures:
    """Says it in a sentence when ChatKit's own loop could not store an item, and takes the item back.

    That loop tells of its own failures by a code without words, or ends without one.
    """

    def __init__(self, locale: str) -> None:
        self._locale = locale
        self._unfinished = Unfinished()
        self._has_failed = False

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """The event, or what is said in its place."""
        if isinstance(event, ErrorEvent) and event.code != "custom":
            return self._said()
        self._has_failed = self._has_failed or isinstance(event, ErrorEvent)
        return self._unfinished.feed(event)

    def failed(self, error: psycopg.Error) -> list[ThreadStreamEvent]:
        """What is said when the loop ended with an error; nothing when it was said before."""
        logger.error("The thread could not be stored: %s", type(error).__name__)
        return [] if self._has_failed else self._said(storage_sentence(error))

    def _said(self, key: str = DATABASE_GONE) -> list[ThreadStreamEvent]:
        self._has_failed = True
        sentence = say(self._locale, key)
        return [*self._unfinished.closing(), ErrorEvent(code="custom", message=sentence, allow_retry=True)]
