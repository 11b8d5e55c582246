"""In whose name something is changed: what triggers of the migrations write into the audit log beside it.

Postgres learns it from settings of the transaction or the session (`owflex.actor` and so on). A server says
it for each request; a command says once that it is the account under which it runs.
"""

import getpass
import os
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, LiteralString

from opentelemetry import trace

if TYPE_CHECKING:
    # Logs need this module before settings are read, and a driver loads long.
    from psycopg import AsyncConnection, Connection

Through = Literal["mcp", "chat", "command line", "worker", "schedule"]

MAX_NAME_CHARACTERS = 200
SAY: LiteralString = """
select set_config('owflex.actor', %(actor)s, %(once)s),
       set_config('owflex.through', %(through)s, %(once)s),
       set_config('owflex.request_id', %(request_id)s, %(once)s),
       set_config('owflex.trace_id', %(trace_id)s, %(once)s)
"""


@dataclass(frozen=True)
class Acting:
    """Who changes something, through which door, and in which request and trace, if there are such."""

    actor: str
    through: Through
    request_id: str = ""
    trace_id: str = ""


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting_as(who: Acting) -> Generator[None]:
    """While in the block, connections that are opened for commands change things in this name."""
    token = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(token)


def now_acting() -> Acting:
    """What was said for this program; else it is a command of this account."""
    return _acting.get() or this_account("command line")


def this_account(through: Through) -> Acting:
    """The account that runs this process."""
    return Acting(bounded(_account()), through)


def trace_id() -> str:
    """The id of the trace that runs, in hexadecimal; empty where none is recorded."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


def bounded(name: str) -> str:
    """A name as the log takes it."""
    return name.replace("\x00", "")[:MAX_NAME_CHARACTERS]


async def act_as(connection: "AsyncConnection[Any]", who: Acting, *, once: bool = False) -> None:
    """Say it to Postgres for as long as the connection lasts; `once`: for this transaction."""
    await connection.execute(SAY, asdict(who) | {"once": once})


def act_from_now(connection: "Connection[Any]", who: Acting) -> None:
    """As `act_as`, for a connection without await."""
    connection.execute(SAY, asdict(who) | {"once": False})


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # In a container the number may have no name.
        return f"uid {os.getuid()}"
