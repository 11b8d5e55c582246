"""How a turn goes on after a run that failed: from what is finished, with what was said taken back."""

from collections.abc import Iterator
from typing import Any, cast

from agents import TResponseInputItem
from agents.exceptions import MaxTurnsExceeded
from chatkit.types import ThreadItemRemovedEvent

from agent_service.context import RunContext
from agent_service.models.endings import is_too_long
from agent_service.models.fallback import status_of
from agent_service.turn.progress import Progress
from agent_service.turn.shortening import NOTE, shortened

MAX_SHORTENINGS = 6


def taken_back(progress: Progress, error: Exception) -> Iterator[ThreadItemRemovedEvent]:
    """The events that remove what was said in responses that the run does not know as finished.

    The input becomes that of the next run: what is finished. Raises `error` when nobody can go on.
    """
    if progress.result is None:
        raise error
    finished = {getattr(item.raw_item, "id", None) for item in progress.result.new_items}
    finished |= {item.get("id") for item in cast(list[dict[str, Any]], progress.items)}
    items = with_results(progress.result.to_input_list())
    _prepare(progress, items, error)
    for item_id in progress.shown:
        if item_id not in finished:
            yield ThreadItemRemovedEvent(item_id=item_id)
    progress.shown = [item_id for item_id in progress.shown if item_id in finished]
    if not progress.shown:
        progress.evidence.begin_anew()


def next_run(progress: Progress) -> RunContext:
    """A new context that goes on with the steps that are still open, after the calls that have ended."""
    run = progress.turn.new_run()
    if progress.run is not None:
        items = cast(list[dict[str, Any]], progress.items)
        ended = {str(item["call_id"]) for item in items if item.get("type") == "function_call_output"}
        run.calls = progress.run.calls.only(ended)
        run.workflow_item = progress.run.workflow_item
    return run


def with_results(items: list[TResponseInputItem]) -> list[TResponseInputItem]:
    """The items without tool calls that have no result, and results without a call: providers refuse both."""
    given = cast(list[dict[str, Any]], items)
    asked = {item.get("call_id") for item in given if item.get("type") == "function_call"}
    ended = {item.get("call_id") for item in given if item.get("type") == "function_call_output"}
    whole = asked & ended
    kept = [
        item
        for item in given
        if item.get("type") not in ("function_call", "function_call_output") or item.get("call_id") in whole
    ]
    return cast(list[TResponseInputItem], kept)


def _prepare(progress: Progress, items: list[TResponseInputItem], error: Exception) -> None:
    """Set the input of the next run. Raises `error` when there can be none."""
    model = progress.turn.model
    if isinstance(error, MaxTurnsExceeded) and not progress.is_last_request:
        progress.is_last_request = True
    elif is_too_long(error, status_of(error)):
        items = _shorter(progress, items, error)
    elif not model.can_continue:
        raise error
    progress.items = items


def _shorter(
    progress: Progress, items: list[TResponseInputItem], error: Exception
) -> list[TResponseInputItem]:
    """Fewer items; the same ones for the next model when there is nothing to leave out any more."""
    shorter = shortened(items) if progress.shortenings < MAX_SHORTENINGS else None
    if shorter is not None:
        progress.shortenings += 1
        progress.add_note(NOTE)
        return shorter
    progress.turn.model.give_up(error)
    if not progress.turn.model.can_continue:
        raise error
    return items
