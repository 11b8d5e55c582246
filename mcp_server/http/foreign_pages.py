"""Web pages of other origins that may speak to the server; browsers ask for each of them first."""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

METHODS = ("GET", "POST", "DELETE")
# What a page has to read to go on: its session, the version that was agreed, and where to log in.
READABLE_HEADERS = ("Mcp-Session-Id", "MCP-Protocol-Version", "WWW-Authenticate")


class ForeignPages:
    """An ASGI app that lets pages of these origins in; the app below refuses all others."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origin.lower() for origin in origins)
        # Every header: a page without a token gets nowhere, and each version of the protocol brings new ones.
        self._cors = CORSMiddleware(
            self._without_origin,
            allow_origins=self._origins,
            allow_methods=METHODS,
            allow_headers=["*"],
            expose_headers=READABLE_HEADERS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_known = scope["type"] == "http" and Headers(scope=scope).get("origin") in self._origins
        await (self._cors if is_known else self._app)(scope, receive, send)

    async def _without_origin(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The guard below knows only this machine and the server's own address.
        headers = [(name, value) for name, value in scope["headers"] if name != b"origin"]
        await self._app({**scope, "headers": headers}, receive, send)
