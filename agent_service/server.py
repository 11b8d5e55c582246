"""The ChatKit server: what happens between a message and its answer."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any

import anyio
from agents.mcp import MCPServer
from chatkit.actions import Action
from chatkit.server import ChatKitServer, NonStreamingResult, StreamingResult
from chatkit.types import (
    AudioInput,
    FeedbackKind,
    SyncCustomActionResponse,
    ThreadItem,
    ThreadMetadata,
    ThreadStreamEvent,
    TranscriptionResult,
    UserMessageItem,
    WidgetItem,
    is_streaming_req,
)

from agent_service.attachments.store import PostgresAttachments
from agent_service.cards.approvals import Approvals
from agent_service.context import RequestContext
from agent_service.models.fallback import ModelLine, TurnModel
from agent_service.models.menu import ModelMenu
from agent_service.models.providers import ChosenModel
from agent_service.observe.metrics import Metrics
from agent_service.requests.admission import Admission
from agent_service.requests.incoming import check_incoming
from agent_service.requests.rate_limit import Limits
from agent_service.requests.validation import REQUEST
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage import feedback as votes
from agent_service.storage.retrying import PatientStore
from agent_service.storage.usage import record_usage
from agent_service.tools.run_server import limit
from agent_service.tools.scope import question_of, scope_of, with_note
from agent_service.turn.cleanup import with_sentence, without_leftovers
from agent_service.turn.clicks import Click, Desk
from agent_service.turn.edits import EDIT_MESSAGE, edited_message, replace_from
from agent_service.turn.history import load_history, title_of
from agent_service.turn.pipeline import stream_answer
from agent_service.turn.runner import TurnSetup
from agent_service.turn.telemetry import TurnWatcher
from agent_service.turn.user_errors import for_user, without_retry
from agent_service.voice.transcription import Dictation
from database.pool import Pool
from serving.draining import Running

ConnectMcp = Callable[[RequestContext], AbstractAsyncContextManager[MCPServer]]


class OwFlexChatKitServer(ChatKitServer[RequestContext]):
    """Answers messages with an agent that reaches documents and tasks over MCP only."""

    def __init__(
        self, pool: Pool, settings: AgentServiceSettings, chosen: ChosenModel, connect_mcp: ConnectMcp
    ) -> None:
        store = PatientStore(pool)
        self.files = PostgresAttachments(pool, settings, store)
        self.dictation = Dictation(settings)
        super().__init__(store, self.files)
        self._pool = pool
        self._settings = settings
        self._menu = ModelMenu(settings, chosen)
        self.running = Running()
        self.metrics = Metrics(pool, self.running)
        self._admission = Admission(self._menu, Limits(settings, pool), self.running, self.metrics)
        self._watcher = TurnWatcher(self.metrics, logs_messages=settings.log_messages)
        self._connect_mcp = connect_mcp
        self._desk = Desk(self.store, Approvals(pool), connect_mcp)

    async def process(
        self, request: str | bytes | bytearray, context: RequestContext
    ) -> StreamingResult | NonStreamingResult:
        """What ChatKit answers. Raises `RequestRefusedError` for a message that may not be sent now."""
        # As the SDK does it, which makes the validator anew for each request: that takes milliseconds.
        parsed = REQUEST.validate_json(request)
        await check_incoming(self.files, parsed, context)
        await self._admission.check(parsed, context)
        if is_streaming_req(parsed):
            return StreamingResult(self._process_streaming(parsed, context))
        return NonStreamingResult(await self._process_non_streaming(parsed, context))

    def give_back(self, context: RequestContext) -> None:
        """Do not count the user's last message: it could not begin."""
        self._admission.give_back(context)

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: RequestContext
    ) -> AsyncIterator[ThreadStreamEvent]:
        """The answer's events; a failure becomes one sentence for the user, without half an answer."""
        if thread.title is None and input_user_message is not None:
            thread.title = title_of(input_user_message)
        model = TurnModel(self._menu.default)
        try:
            model = TurnModel(await self._line(thread, input_user_message, context))
            with self._watcher.turn(model, input_user_message, context) as watch:
                async with aclosing(self._answer(thread, input_user_message, context, model)) as events:
                    async for event in watch.over(without_leftovers(events)):
                        yield event
        except Exception as error:
            raise for_user(error, model.answering, context.locale) from error
        finally:
            with anyio.CancelScope(shield=True):
                await record_usage(self._pool, thread.id, context.user_id, model.spent)

    async def action(
        self,
        thread: ThreadMetadata,
        action: Action[str, Any],
        sender: WidgetItem | None,
        context: RequestContext,
    ) -> AsyncIterator[ThreadStreamEvent]:
        """The events of a click on a card; a failure becomes one sentence for the user."""
        if action.type == EDIT_MESSAGE:
            async with aclosing(self._edit(thread, action, context)) as events:
                async for event in events:
                    yield event
            return
        model = TurnModel(self._menu.default)
        click = Click(thread, action, sender, context)

        def setup_for(server: MCPServer, message_id: str | None) -> TurnSetup:
            return self._setup(model, server, thread, context, message_id=message_id)

        try:
            with self._watcher.turn(model, None, context) as watch:
                async with aclosing(self._desk.stream(click, setup_for)) as events:
                    async for event in watch.over(without_leftovers(events)):
                        yield event
        except Exception as error:
            # Trying again would ask the last question once more, not press the button.
            raise without_retry(for_user(error, model.answering, context.locale)) from error
        finally:
            with anyio.CancelScope(shield=True):
                await record_usage(self._pool, thread.id, context.user_id, model.spent)

    async def _edit(
        self, thread: ThreadMetadata, action: Action[str, Any], context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent]:
        try:
            message = await edited_message(self.store, thread.id, action, context)
            async for event in replace_from(self.store, message, context):
                yield event
        except Exception as error:
            raise without_retry(
                for_user(error, TurnModel(self._menu.default).answering, context.locale)
            ) from error
        async for event in self.respond(thread, message, context):
            yield event

    async def sync_action(
        self,
        thread: ThreadMetadata,
        action: Action[str, Any],
        sender: WidgetItem | None,
        context: RequestContext,
    ) -> SyncCustomActionResponse:
        """The card after a click. Raises `RequestRefusedError` with the reason."""
        return await self._desk.answer(Click(thread, action, sender, context))

    async def transcribe(self, audio_input: AudioInput, context: RequestContext) -> TranscriptionResult:
        """What is said in the recording. Raises `RequestRefusedError`."""
        return TranscriptionResult(text=await self.dictation.text_of(audio_input.data))

    async def add_feedback(
        self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: RequestContext
    ) -> None:
        """Store the user's vote on the items."""
        await votes.save_feedback(self._pool, thread_id, item_ids, feedback, context)

    async def handle_stream_cancelled(
        self, thread: ThreadMetadata, pending_items: list[ThreadItem], context: RequestContext
    ) -> None:
        """Keep the part of the answer that was there, even while everything around is being cancelled."""
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)

    async def _process_events(
        self,
        thread: ThreadMetadata,
        context: RequestContext,
        stream: Callable[[], AsyncIterator[ThreadStreamEvent]],
    ) -> AsyncIterator[ThreadStreamEvent]:
        with self.running.one():
            async for event in with_sentence(
                super()._process_events(thread, context, stream), context.locale
            ):
                yield event

    async def _line(
        self, thread: ThreadMetadata, message: UserMessageItem | None, context: RequestContext
    ) -> ModelLine:
        if not self._menu.minds_length:
            return self._menu.line_for(message)
        history = await load_history(self.store, thread.id, self._settings, context, self.files)
        return self._menu.line_for(message, history)

    def _setup(
        self,
        model: TurnModel,
        mcp_server: MCPServer,
        thread: ThreadMetadata,
        context: RequestContext,
        *,
        question: str = "",
        message_id: str | None = None,
    ) -> TurnSetup:
        return TurnSetup(
            self._settings,
            model,
            mcp_server,
            self.store,
            self._desk.approvals,
            thread,
            context,
            question,
            message_id,
            note_tool=self.metrics.tool_called,
        )

    async def _answer(
        self,
        thread: ThreadMetadata,
        message: UserMessageItem | None,
        context: RequestContext,
        model: TurnModel,
    ) -> AsyncGenerator[ThreadStreamEvent]:
        history = await load_history(self.store, thread.id, self._settings, context, self.files)
        question = question_of(message) if message else ""
        scope = scope_of(message.content) if message else None
        async with self._connect_mcp(context) as mcp_server:
            limit(mcp_server, scope)
            message_id = message.id if message else None
            setup = self._setup(model, mcp_server, thread, context, question=question, message_id=message_id)
            async with aclosing(stream_answer(setup, with_note(history, scope))) as events:
                async for event in events:
                    yield event
