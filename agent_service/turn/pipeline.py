"""One answer as ChatKit events: the agent's runs with their steps, citations and what may be asked next."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from chatkit.types import (
    ClientEffectEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadStreamEvent,
    WidgetItem,
)

from agent_service.cards.approval_cards import ask_for_approval
from agent_service.cards.approvals import Decision
from agent_service.cards.task_cards import card_of_turn
from agent_service.cards.widgets import new_card_id
from agent_service.errors import EmptyAnswerError
from agent_service.turn.citations import cite
from agent_service.turn.evidence import Evidence
from agent_service.turn.history import History
from agent_service.turn.runner import Progress, TurnSetup, run_attempts
from agent_service.turn.steps import Steps
from agent_service.turn.suggestions import EFFECT, next_questions
from agent_service.turn.uncited_notice import says_something, with_honest_line


async def stream_answer(setup: TurnSetup, history: History) -> AsyncGenerator[ThreadStreamEvent]:
    """The events of the answer to the last message of `history`. Raises what the model or the tools raise."""
    evidence = Evidence(files=history.files)
    progress = Progress(history.items, history.note, Steps(evidence, setup.note_tool), evidence)
    async with aclosing(_stream(setup, progress)) as events:
        async for event in events:
            yield event


async def resume_answer(setup: TurnSetup, decided: Decision) -> AsyncGenerator[ThreadStreamEvent]:
    """The events of the answer that goes on after the user's word. Raises what the model or the tools do."""
    evidence = Evidence(decided.kept.passages)
    # The run has called its tools; it may speak at once.
    evidence.tool_calls = 1
    progress = Progress([], None, Steps(evidence, setup.note_tool), evidence, decided)
    async with aclosing(_stream(setup, progress)) as events:
        async for event in events:
            yield event


async def _stream(setup: TurnSetup, progress: Progress) -> AsyncGenerator[ThreadStreamEvent]:
    evidence = progress.evidence
    answers: set[str] = set()
    async with aclosing(run_attempts(setup, progress)) as events:
        async for event in with_honest_line(cite(events, evidence), evidence, setup.context.locale):
            _note_answers(event, answers)
            yield event
    card = await _card(setup, progress)
    if card is not None:
        yield ThreadItemDoneEvent(item=card)
    if not answers and not _waits(progress):
        raise EmptyAnswerError("The language model gave no answer.")
    questions = next_questions(evidence.uncited, setup.question, setup.context.locale)
    if questions:
        yield ClientEffectEvent(name=EFFECT, data={"questions": questions})
    if questions or EFFECT in setup.thread.metadata:
        setup.thread.metadata = setup.thread.metadata | {EFFECT: questions}


async def _card(setup: TurnSetup, progress: Progress) -> WidgetItem | None:
    """The question for the user's approval when the run stopped for one, else the turn's tasks, if any."""
    if _waits(progress):
        assert progress.result is not None
        turn = setup.new_turn()
        turn.calls = progress.turn.calls if progress.turn else turn.calls
        found = progress.evidence.passages
        return await ask_for_approval(progress.result, turn, setup.mcp_server, setup.approvals, found)
    locale = setup.context.locale
    return card_of_turn(progress.evidence.task_results, new_card_id(), setup.thread.id, locale)


def _waits(progress: Progress) -> bool:
    return progress.result is not None and bool(progress.result.interruptions)


def _note_answers(event: ThreadStreamEvent, answers: set[str]) -> None:
    """Keep the ids of the messages that say something and are still there."""
    if isinstance(event, ThreadItemRemovedEvent):
        answers.discard(event.item_id)
    elif isinstance(event, ThreadItemDoneEvent) and says_something(event):
        answers.add(event.item.id)
