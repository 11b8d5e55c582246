"""Calls that are answered before their work is done: the work goes on, and its client asks for it later."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Detached:
    """A call that need not wait; `upload_id` is what it would have waited for, where there is such."""

    upload_id: int | None = None


_detached: ContextVar[Detached | None] = ContextVar("detached", default=None)


@contextmanager
def need_not_wait() -> Generator[Detached]:
    """In the block a tool leaves what it would wait for to its caller."""
    # The tool may run in a task of its own: what it is given here it can fill, but not replace.
    detached = Detached()
    token = _detached.set(detached)
    try:
        yield detached
    finally:
        _detached.reset(token)


def leave_waiting(upload_id: int) -> bool:
    """Whether the running call need not wait for this upload."""
    detached = _detached.get()
    if detached is None:
        return False
    detached.upload_id = upload_id
    return True
