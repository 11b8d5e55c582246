"""Requests that name the server by its address, as probes of an orchestrator and Prometheus do."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.host_names import host_name, is_address

# Where in an ASGI scope the address stands that the request named.
ASKED_AT = "owflex.asked_at"


class NumericHosts:
    """An ASGI app that lets a `Host` pass that is an IP address, unless a web page sent the request.

    The guard below keeps out names that somebody may point to this machine (DNS rebinding); an address cannot
    be pointed elsewhere. The guard is told the name that it knows.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and _is_by_address(Headers(scope=scope)):
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            named = Headers(scope=scope)["host"]
            scope = {**scope, "headers": [(b"host", b"localhost"), *others], ASKED_AT: named}
        await self._app(scope, receive, send)


def _is_by_address(headers: Headers) -> bool:
    hosts = headers.getlist("host")
    return len(hosts) == 1 and "origin" not in headers and is_address(host_name(hosts[0]))
