"""Filters that the events of an answer pass one after the other."""

from collections.abc import Sequence
from typing import Protocol

from chatkit.types import ThreadStreamEvent


class EventFilter(Protocol):
    """Lets the events of an answer pass, changed or not, earlier or later, with others around them."""

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """What is passed on after this event."""
        ...

    def end(self) -> list[ThreadStreamEvent]:
        """What is passed on after the last event."""
        ...


class Filters:
    """Several filters in the order in which they act."""

    def __init__(self, filters: Sequence[EventFilter]) -> None:
        self._filters = filters

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """What is passed on after this event."""
        events = [event]
        for step in self._filters:
            events = [passed for given in events for passed in step.feed(given)]
        return events

    def end(self) -> list[ThreadStreamEvent]:
        """What is passed on after the last event."""
        events: list[ThreadStreamEvent] = []
        for step in self._filters:
            events = [*(passed for given in events for passed in step.feed(given)), *step.end()]
        return events
