"""Protections every answer has: foreign pages are kept out, and our own page runs nothing but our code."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_service.errors import RequestRefusedError
from agent_service.http.responses import error_response
from agent_service.visitors.tokens import FROM_A_SITE
from serving.host_names import host_name, is_address
from serving.origins import is_own_page

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Guard:
    """ASGI middleware that checks `Host` and `Origin` and adds the security headers.

    The service trusts the machine it runs on, so a web page of another origin must not be able to use it:
    not directly (`Origin`), and not under a host name of its own that points here (`Host`, DNS rebinding).
    """

    def __init__(
        self,
        app: ASGIApp,
        allowed_hosts: Sequence[str],
        allowed_origins: Sequence[str],
        public_url: str | None = None,
    ) -> None:
        self._app = app
        self._allowed_hosts = {host.lower() for host in allowed_hosts}
        self._public_url = public_url
        self._allowed_origins = {origin.lower() for origin in allowed_origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 or 403, or pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = _with_security_headers(send)
        headers = Headers(scope=scope)
        if not self._knows_host(headers.get("host", "")):
            await _refuse_host(scope, receive, send)
        elif scope["method"] not in SAFE_METHODS and not (
            scope.get("state", {}).get(FROM_A_SITE) or self._trusts_origin(headers)
        ):
            await _refuse_origin(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _knows_host(self, host: str) -> bool:
        """A name we are known by; an address is always one, since it cannot be pointed elsewhere."""
        name = host_name(host)
        return name == "localhost" or name in self._allowed_hosts or is_address(name)

    def _trusts_origin(self, headers: Headers) -> bool:
        """Programs send none; browsers send that of the page."""
        origin = headers.get("origin")
        if origin is None or origin.lower() in self._allowed_origins:
            return True
        return is_own_page(origin, headers.get("host", ""), self._public_url)


async def _refuse_host(scope: Scope, receive: Receive, send: Send) -> None:
    error = RequestRefusedError("refused.unknown_host", status=421, code="unknown_host")
    await error_response(error, Headers(scope=scope))(scope, receive, send)


async def _refuse_origin(scope: Scope, receive: Receive, send: Send) -> None:
    error = RequestRefusedError("refused.foreign_origin", status=403, code="foreign_origin")
    await error_response(error, Headers(scope=scope))(scope, receive, send)


def _with_security_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers
