"""One turn as ChatKit events: from a message or a click to the last event of its answer."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import anyio
from agents.mcp import MCPServer
from chatkit.actions import Action
from chatkit.errors import CustomStreamError
from chatkit.types import ThreadItemDoneEvent, ThreadMetadata, ThreadStreamEvent, UserMessageItem
from opentelemetry.trace import use_span

from agent_service.attachments.store import PostgresAttachments
from agent_service.context import RequestContext
from agent_service.errors import EmptyAnswerError
from agent_service.foreign.watching import Others, TurnServers
from agent_service.models.fallback import TurnModel
from agent_service.models.menu import ModelMenu
from agent_service.observe.metrics import Metrics, TurnWatch, TurnWatcher
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage.usage import record_usage
from agent_service.tools.run_server import limit
from agent_service.tools.scope import scope_of
from agent_service.turn.answer_notices import (
    CorrectedNotice,
    OthersNotice,
    StandInNotice,
    WordsNotice,
)
from agent_service.turn.beginnings import Beginnings
from agent_service.turn.citations import Citations
from agent_service.turn.clicks import Click, Clicks
from agent_service.turn.closing import Said, Unfinished, ending
from agent_service.turn.closing_lines import ClosingLines
from agent_service.turn.edits import edited_message, replace_from
from agent_service.turn.filters import Filters
from agent_service.turn.history import load_history, question_of, tags_of, text_of, title_of
from agent_service.turn.notice import FAILED, FINAL, failure_note
from agent_service.turn.progress import Progress, Turn
from agent_service.turn.runner import run_agent
from agent_service.turn.thoughts import Thoughts
from agent_service.turn.tool_calls import Evidence, Steps
from agent_service.turn.user_errors import belongs_in_thread, for_user
from agent_service.turn.wishes import judge_of, load_judge
from database.pool import Pool

# What the caller of an API tells the model, in the metadata of a thread.
INSTRUCTIONS = "owflex/instructions"


@dataclass(frozen=True)
class Prepared:
    """What a turn begins with: events that are shown at once, and the run that follows, if any."""

    events: Iterable[ThreadStreamEvent] = ()
    progress: Progress | None = None


Prepare = Callable[[AsyncExitStack, TurnWatch], Awaitable[Prepared]]


def answer_filters(progress: Progress, said: Said, unfinished: Unfinished, watch: TurnWatch) -> Filters:
    """What the events of an answer pass on their way from the agent's run to the thread, in this order."""
    return Filters(
        [
            Thoughts(progress.turn.context.locale),  # what a model thinks is nobody's business
            StandInNotice(progress),  # a line says which other model answers
            CorrectedNotice(progress),  # a line says which words were searched in the place of others
            WordsNotice(progress),  # a line says that not everything was searched by meaning
            OthersNotice(progress),  # a line says which other servers were not there
            Citations(progress.evidence),  # marks in the text become annotations
            ClosingLines(progress),  # lines: no citation, not whole
            said,  # an answer without a word is a failure
            unfinished,  # what has to be taken back should the stream break
            watch,  # when the first word came
        ]
    )


@dataclass(frozen=True)
class Turns:
    """Answers messages and clicks; each answer is a stream of events."""

    pool: Pool
    settings: AgentServiceSettings
    files: PostgresAttachments
    menu: ModelMenu
    metrics: Metrics
    watcher: TurnWatcher
    clicks: Clicks
    others: Others
    beginnings: Beginnings = field(default_factory=Beginnings)

    def answer(
        self, thread: ThreadMetadata, message: UserMessageItem | None, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent]:
        """The answer's events; a failure becomes one sentence for the user, without half an answer."""
        if thread.title is None and message is not None:
            thread.title = title_of(message)
        return self._stream(thread, context, partial(self._prepare_answer, thread, message, context))

    def answer_edited(
        self, thread: ThreadMetadata, action: Action[str, Any], context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent]:
        """The events that put the edited message in its old place, and those of the new answer."""
        return self._stream(thread, context, partial(self._prepare_edited, thread, action, context))

    def answer_click(self, click: Click) -> AsyncGenerator[ThreadStreamEvent]:
        """The events of a click on a card; a failure becomes one sentence for the user."""
        prepare = partial(self._prepare_click, click)
        # Trying again would ask the last question once more, not press the button.
        return self._stream(click.thread, click.context, prepare, may_retry=False)

    async def _stream(
        self, thread: ThreadMetadata, context: RequestContext, prepare: Prepare, *, may_retry: bool = True
    ) -> AsyncGenerator[ThreadStreamEvent]:
        unfinished, said = Unfinished(), Said()
        # A click that does nothing but change a card is none.
        is_turn = may_retry
        async with (
            self._watched(thread, context) as watch,
            self.beginnings.one(context.user_id) as beginning,
            AsyncExitStack() as stack,
        ):
            try:
                with use_span(watch.span, record_exception=False, set_status_on_exception=False):
                    prepared = await prepare(stack, watch)
                for event in prepared.events:
                    yield event
                progress = prepared.progress
                if progress is None:
                    return
                is_turn = True
                filters = answer_filters(progress, said, unfinished, watch)
                async with aclosing(run_agent(progress)) as events:
                    async for event in events:
                        for passed in filters.feed(event):
                            yield passed
                        beginning.spoken(watch.first_word_after)
                with use_span(watch.span, record_exception=False, set_status_on_exception=False):
                    last = [*filters.end(), *await ending(progress, said)]
                for event in last:
                    yield event
                _check_answered(progress, said)
            except Exception as error:
                sentence = for_user(error, watch.model.answering, context.locale, may_retry=may_retry)
                is_kept = is_turn and belongs_in_thread(error)
                note = [self._kept(sentence, thread, context)] if is_kept else []
                for event in [*unfinished.closing(), *note]:
                    yield event
                raise sentence from error

    @asynccontextmanager
    async def _watched(self, thread: ThreadMetadata, context: RequestContext) -> AsyncGenerator[TurnWatch]:
        """While in the block: errors become sentences, and what the models took is counted."""
        with self.watcher.turn(TurnModel(self.menu.default), context) as watch:
            try:
                yield watch
            except CustomStreamError:
                raise
            except Exception as error:
                raise for_user(error, watch.model.answering, context.locale) from error
            finally:
                with anyio.CancelScope(shield=True):
                    await record_usage(self.pool, thread.id, context.user_id, watch.model.spent)

    async def _prepare_answer(
        self,
        thread: ThreadMetadata,
        message: UserMessageItem | None,
        context: RequestContext,
        stack: AsyncExitStack,
        watch: TurnWatch,
    ) -> Prepared:
        async def hold() -> None:
            await stack.enter_async_context(self.files.showing_pictures(context))

        history = await load_history(self.clicks.store, thread.id, self.settings, context, self.files, hold)
        if instructions := thread.metadata.get(INSTRUCTIONS):
            history = history.with_note(f"The user's instructions for your answers: {instructions}")
        tokens = history.tokens if self.menu.minds_length else 0
        watch.model = TurnModel(self.menu.line_for(message, tokens))
        server = await stack.enter_async_context(self.clicks.connect_mcp(context))
        others = await stack.enter_async_context(self.others.for_turn(context))
        turn = self._turn(watch, server, others, thread, context)
        if message is not None:
            self.watcher.asked(text_of(message))
            if tags := tags_of(message):
                scope = scope_of(tags)
                limit(turn.mcp_server, scope)
                history = history.with_note(scope.note) if scope else history
            judge = judge_of(message, history.thread)
            turn = replace(turn, question=question_of(message), message_id=message.id, wish=judge)
        evidence = Evidence(files=history.files)
        return Prepared(
            progress=Progress(turn, history.items, history.note, self._steps(evidence, turn), evidence)
        )

    async def _prepare_edited(
        self,
        thread: ThreadMetadata,
        action: Action[str, Any],
        context: RequestContext,
        stack: AsyncExitStack,
        watch: TurnWatch,
    ) -> Prepared:
        message = await edited_message(self.clicks.store, thread.id, action, context)
        events = await replace_from(self.clicks.store, message, context)
        return replace(await self._prepare_answer(thread, message, context, stack, watch), events=events)

    async def _prepare_click(self, click: Click, stack: AsyncExitStack, watch: TurnWatch) -> Prepared:
        clicked = await self.clicks.handle(click, stack)
        decision = clicked.decision
        if decision is None:
            return Prepared(clicked.events)
        assert clicked.mcp_server is not None
        stack.push_async_exit(partial(self._finish, click))
        others = await stack.enter_async_context(self.others.for_turn(click.context, goes_on=True))
        turn = self._turn(watch, clicked.mcp_server, others, click.thread, click.context)
        turn = replace(turn, message_id=decision.message_id)
        if clicked.message is not None:
            turn = replace(turn, wish=await load_judge(self.clicks.store, clicked.message, click.context))
        evidence = Evidence(decision.carried.passages)
        # The run has called its tools; it may speak at once.
        evidence.tool_calls = 1
        return Prepared(
            clicked.events, Progress(turn, [], None, self._steps(evidence, turn), evidence, decision)
        )

    async def _finish(self, click: Click, kind: type[BaseException] | None, *_: object) -> None:
        """A decided run has ended, well or not; one that was cut off can be gone on with."""
        if click.sender is not None and (kind is None or issubclass(kind, Exception)):
            await self.clicks.approvals.finish(click.thread.id, click.sender.id, click.context.user_id)

    def _turn(
        self,
        watch: TurnWatch,
        server: MCPServer,
        others: TurnServers,
        thread: ThreadMetadata,
        context: RequestContext,
    ) -> Turn:
        store, approvals = self.clicks.store, self.clicks.approvals
        return Turn(
            self.settings,
            watch.model,
            server,
            store,
            approvals,
            thread,
            context,
            span=watch.span,
            others=others,
        )

    def _kept(
        self, sentence: CustomStreamError, thread: ThreadMetadata, context: RequestContext
    ) -> ThreadItemDoneEvent:
        """The event that keeps in the thread why there is no answer."""
        item_id = self.clicks.store.generate_item_id("task", thread, context)
        note = failure_note(
            item_id, thread.id, sentence.message, icon=FAILED if sentence.allow_retry else FINAL
        )
        return ThreadItemDoneEvent(item=note)

    def _steps(self, evidence: Evidence, turn: Turn) -> Steps:
        return Steps(evidence, self.metrics.tool_called, turn.wish)


def _check_answered(progress: Progress, said: Said) -> None:
    if not said and not progress.waits_for_approval:
        raise EmptyAnswerError("The language model gave no answer.")
