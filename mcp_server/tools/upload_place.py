"""To which collection an upload goes."""

from knowledge_base.access import Access, Connection
from knowledge_base.own_collections import make_own_collection
from knowledge_base.uploads import added_to
from mcp_server.auth.callers import Caller
from mcp_server.tool_errors import NotOpenError

DEFAULT = "default"


async def place_for(connection: Connection, caller: Caller, access: Access, asked: str | None) -> str:
    """The collection to add to: what is asked for, or what there is for who asks for none.

    Raises `NotOpenError`, for one that the caller may not see as for one that does not exist.
    """
    named = await added_to(connection)
    open_ones = access.collections if named is None else named
    wanted = caller.stored_name(asked) or DEFAULT
    if open_ones is None or wanted in open_ones:
        return wanted
    own = caller.own_collection
    of_token = caller.collections
    if own is not None and (asked is None or wanted == own) and (of_token is None or own in of_token):
        return await make_own_collection(connection, caller.user)
    message = await _why_not(connection, caller, wanted, open_ones)
    raise NotOpenError(asked or DEFAULT, message)


async def _why_not(connection: Connection, caller: Caller, wanted: str, open_ones: frozenset[str]) -> str:
    asked = caller.shown_name(wanted)
    names = ", ".join(sorted(caller.shown_name(name) for name in open_ones)) or "none"
    # Only what the caller may see is found.
    found = await connection.execute("select from collections where name = %(name)s", {"name": wanted})
    if await found.fetchone() is not None:
        return f'You may read the collection "{asked}", but not add to it. You can add to: {names}.'
    return f'The collection "{asked}" is not open to you. You can use: {names}.'
