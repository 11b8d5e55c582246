"""What a paused run needs besides its own state: the passages it may cite and the calls it has made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import TypeAdapter

from agent_service.context import CallKeys, KeyedCall
from agent_service.tools.schemas import Passage

PLACE = "owflex"
MAX_PASSAGES = 60
PASSAGES = TypeAdapter[list[Passage]](list[Passage])
CALLS = TypeAdapter[list[KeyedCall]](list[KeyedCall])


@dataclass(frozen=True)
class Carried:
    """The passages that were found, the newest last, and the calls."""

    passages: Sequence[Passage] = ()
    calls: CallKeys = field(default_factory=CallKeys)


def with_carried(state: Mapping[str, Any], carried: Carried) -> dict[str, Any]:
    """The state of a run with `carried` in it; of many passages the newest."""
    passages = [passage.model_dump(mode="json") for passage in carried.passages[-MAX_PASSAGES:]]
    return {**state, PLACE: {"passages": passages, "calls": carried.calls.as_json()}}


def split_state(state: Mapping[str, Any]) -> tuple[dict[str, Any], Carried]:
    """The state of the run alone, and what was carried with it.

    Raises pydantic's `ValidationError` when that is of another form.
    """
    run = dict(state)
    beside = cast(dict[str, Any], run.pop(PLACE, {}))
    passages = PASSAGES.validate_python(beside.get("passages", []))
    return run, Carried(passages, CallKeys(CALLS.validate_python(beside.get("calls", []))))
