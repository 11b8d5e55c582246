"""Web pages that may speak to the server: of its own public address, and of origins that are let in."""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.origins import is_with_another_scheme, origin_of

METHODS = ("GET", "POST", "DELETE")
# What a page has to read to go on: its session, the version that was agreed, and where to log in.
READABLE_HEADERS = ("Mcp-Session-Id", "MCP-Protocol-Version", "WWW-Authenticate")


class ForeignPages:
    """An ASGI app that lets pages of these origins in; the app below refuses all others.

    A page of the public address is let in: one of `http://…` is none of `https://…`.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str], public_url: str | None = None) -> None:
        self._app = app
        self._public = origin_of(public_url or "")
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
        origin = Headers(scope=scope).get("origin") if scope["type"] == "http" else None
        page = origin_of(origin or "")
        if origin is None:
            await self._app(scope, receive, send)
        elif origin in self._origins:
            # Browsers ask first whether such a page may.
            await self._cors(scope, receive, send)
        elif page is not None and page == self._public:
            await self._without_origin(scope, receive, send)
        elif page is not None and self._public is not None and is_with_another_scheme(page, self._public):
            await Response("Forbidden Origin", status_code=403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _without_origin(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The guard below knows only this machine and the server's own address.
        headers = [(name, value) for name, value in scope["headers"] if name != b"origin"]
        await self._app({**scope, "headers": headers}, receive, send)
