"""What a paused run needs besides its own state: the passages it may cite and the calls it has made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import TypeAdapter

from agent_service.context import CallKeys, KeyedCall
from agent_service.tools.schemas import Passage

PLACE = "owflex"
MOST_PASSAGES = 60
PASSAGES = TypeAdapter[list[Passage]](list[Passage])
CALLS = TypeAdapter[list[KeyedCall]](list[KeyedCall])


@dataclass(frozen=True)
class Kept:
    """The passages that were found, the newest last, and the calls."""

    passages: Sequence[Passage] = ()
    calls: CallKeys = field(default_factory=CallKeys)


def with_kept(state: Mapping[str, Any], kept: Kept) -> dict[str, Any]:
    """The state of a run with `kept` in it; of many passages the newest."""
    passages = [passage.model_dump(mode="json") for passage in kept.passages[-MOST_PASSAGES:]]
    return {**state, PLACE: {"passages": passages, "calls": kept.calls.as_json()}}


def split_state(state: Mapping[str, Any]) -> tuple[dict[str, Any], Kept]:
    """The state of the run alone, and what was kept with it.

    Raises pydantic's `ValidationError` when that is of another form.
    """
    run = dict(state)
    kept = cast(dict[str, Any], run.pop(PLACE, {}))
    passages = PASSAGES.validate_python(kept.get("passages", []))
    return run, Kept(passages, CallKeys(CALLS.validate_python(kept.get("calls", []))))
