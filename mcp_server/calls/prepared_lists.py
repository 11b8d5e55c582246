"""The list of the tools, made once for all who may use the same ones, and not at each connection."""

from typing import Any, cast

import mcp_types.methods
from fastmcp.server.dependencies import get_access_token
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from pydantic import ValidationError

from mcp_server.calls.app_clients import shows_apps

METHOD = "tools/list"
Caller = tuple[frozenset[str], str | None]
Key = tuple[str, Caller | None, bool]


class PreparedToolLists:
    """Answers `tools/list` from memory after the first time.

    Which tools are listed depends on the caller's scopes and on who vouches for them, and how they are
    written on the protocol's version and on whether the client shows apps; all else about them stands when
    the server starts. Requests with
    anything of their own, such as a cursor, pass unchanged, and so do those that the protocol refuses.
    """

    def __init__(self) -> None:
        self._known: dict[Key, dict[str, Any]] = {}

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """The list, or what is answered to another request."""
        if ctx.method != METHOD or not _is_plain(ctx):
            return await call_next(ctx)
        key = (ctx.protocol_version, _caller(), shows_apps(ctx.session))
        if key not in self._known:
            # The SDK has brought it to the form of the wire: `HandlerResult` is wider than what comes here.
            self._known[key] = cast("dict[str, Any]", await call_next(ctx))
        return self._known[key]


def _is_plain(ctx: ServerRequestContext[Any, Any]) -> bool:
    if set(ctx.params or {}) - {"_meta"} or ctx.request_id is None:
        return False
    try:
        mcp_types.methods.validate_client_request(METHOD, ctx.protocol_version, ctx.params)
    except (ValidationError, KeyError):
        return False
    return True


def _caller() -> Caller | None:
    """What the caller may do, and who says so; None over stdio, where there is one caller only."""
    token = get_access_token()
    return None if token is None else (frozenset(token.scopes), token.claims.get("iss"))
