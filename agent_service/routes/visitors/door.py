"""The door of visitors: who comes with a visitor's token gets what is open to visitors, and nothing else."""

import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace

import psycopg
from psycopg_pool import PoolTimeout
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_service.context import RequestContext, locale_of
from agent_service.errors import RequestRefusedError
from agent_service.http.responses import USER_HEADER, ContextOf, error_response
from agent_service.i18n.catalog import DATABASE_GONE
from agent_service.requests.visitors import closed
from agent_service.visitors.known import KnownSites
from agent_service.visitors.sites import Site
from agent_service.visitors.tokens import FROM_A_SITE, PREFIX, VISITOR, Visitor, VisitorTokens

VISITORS = "/visitors"
# What there is with a visitor's token.
OPEN = {("POST", "/chatkit"), ("GET", "/feedback"), ("POST", "/feedback"), ("GET", "/config.json")}
# What the pages of a site may read: that, the script with what belongs to it, and where tokens come from.
SHARED = re.compile(r"/(?:chatkit|feedback|config\.json|static/.*|visitors)")
PREFLIGHT_SECONDS = 600


class VisitorDoor:
    """ASGI middleware before all that knows logins and origins.

    A visitor's token is good on an origin of its site alone, for the routes of `OPEN`, under every kind of
    login; with it nobody is anybody else. To pages of these origins it gives the answers that `SHARED` names.
    """

    def __init__(
        self,
        app: ASGIApp,
        sites: KnownSites,
        tokens: VisitorTokens,
        headers: Sequence[str],
        cors_origins: Collection[str],
    ) -> None:
        self._app = app
        self._sites = sites
        self._tokens = tokens
        self._headers = ", ".join(headers)
        self._cors_origins = {origin.lower() for origin in cors_origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request of a site, or pass on what is none."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        token, origin = _visitor_token(headers), headers.get("origin", "").lower()
        asks_for_token = scope["path"] == VISITORS
        if token is None and not asks_for_token and _is_own(origin, headers):
            await self._app(scope, receive, send)
            return
        try:
            sites = await self._sites.active()
        except (psycopg.Error, PoolTimeout):
            if token is None and not asks_for_token:
                # As before there were sites: the page of another origin is refused behind this.
                await self._app(scope, receive, send)
                return
            gone = RequestRefusedError(DATABASE_GONE, status=503, code="database_unavailable")
            await error_response(gone, headers)(scope, receive, send)
            return
        if self._is_shared(scope, origin, sites, is_visit=token is not None or asks_for_token):
            if scope["method"] == "OPTIONS":
                await self._preflight(origin)(scope, receive, send)
                return
            send = _readable_by(send, origin)
        await self._let_in(token, sites, scope)(scope, receive, send)

    def _let_in(self, token: str | None, sites: Sequence[Site], scope: Scope) -> ASGIApp:
        """The app for this request, or a refusal."""
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        if scope["path"] == VISITORS:
            # It compares the origin with that of the key, and knows nobody by a login.
            state[FROM_A_SITE] = True
            return self._app
        if token is None:
            return self._app
        try:
            visitor = self._visitor(token, sites, headers.get("origin", "").lower())
            if (scope["method"], scope["path"]) not in OPEN:
                raise closed()
        except RequestRefusedError as error:
            return error_response(error, headers)
        state |= {FROM_A_SITE: True, VISITOR: visitor, "user": visitor.user_id}
        return self._app

    def _visitor(self, token: str, sites: Sequence[Site], origin: str) -> Visitor:
        visitor = self._tokens.read(token, sites)
        if visitor is None:
            raise RequestRefusedError("visitors.ended", status=401, code="visitor_unknown")
        if origin not in visitor.site.origins:
            raise RequestRefusedError("visitors.elsewhere", status=403, code="foreign_origin")
        return visitor

    def _is_shared(self, scope: Scope, origin: str, sites: Sequence[Site], *, is_visit: bool) -> bool:
        """Whether pages of this origin may read the answer; CORS_ORIGINS has a rule of its own."""
        if origin in self._cors_origins or SHARED.fullmatch(scope["path"]) is None:
            return False
        if any(origin in site.origins for site in sites):
            return True
        # Pages of a site that was revoked read that they are refused, and nothing else.
        is_refused = is_visit or scope["method"] == "OPTIONS"
        return is_refused and origin in self._sites.past_origins

    def _preflight(self, origin: str) -> Response:
        return Response(
            status_code=204,
            headers={
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Methods": "GET, POST",
                "Access-Control-Allow-Headers": self._headers,
                "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
                "Vary": "Origin",
            },
        )


def of_visitors(context_of: ContextOf) -> ContextOf:
    """The same function, which for a visitor says that it is one, whoever else it might be."""

    def found(request: Request) -> RequestContext:
        visitor = getattr(request.state, VISITOR, None)
        if not isinstance(visitor, Visitor):
            return replace(context_of(request), site=None)
        locale = locale_of(request.headers.get("accept-language"))
        return RequestContext(visitor.user_id, locale, site=visitor.site)

    return found


def _visitor_token(headers: Headers) -> str | None:
    """A token that says it is a visitor's, good or not."""
    for value in headers.getlist("authorization"):
        scheme, _, token = value.partition(" ")
        if scheme.lower() == "bearer" and token.strip().startswith(PREFIX):
            return token.strip()
    return None


def _is_own(origin: str, headers: Headers) -> bool:
    """Whether the request comes from no page, or from a page of this service."""
    return not origin or origin.partition("://")[2] == headers.get("host", "").lower()


def _readable_by(send: Send, origin: str) -> Callable[[Message], Awaitable[None]]:
    async def send_readable(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = f"Retry-After, {USER_HEADER}"
            headers.add_vary_header("Origin")
        await send(message)

    return send_readable
