"""The HTTP server: what stands around the MCP app, and how it stops."""

import socket
from collections.abc import Hashable

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from mcp_server.http.counted_requests import CountedRequests
from mcp_server.http.database_outage import DatabaseOutageAnswer
from mcp_server.http.forms import PATH
from mcp_server.metrics import Metrics
from mcp_server.settings import McpServerSettings
from serving.caller_limits import CallerLimits
from serving.client_addresses import address_by
from serving.draining import DrainingServer, Running
from serving.heads import HeadLimits
from serving.memory import give_back_large_blocks
from serving.open_files import allow_open_files
from serving.patient_http import bounded_http
from serving.refusals import Refusal, Refuse, plain_refusal
from serving.refused_attempts import NotedRefusals, RefusedAttempts
from serving.requests import ContinuedTraces, RequestIds
from serving.senders import sender_of
from serving.slow_refusals import SlowRefusals
from serving.timed_bodies import BodyTimeLimit

# Connections to Postgres, files of the model, and what the libraries hold.
OTHER_OPEN_FILES = 256
# Of each token, whatever is in them; what they ask for is counted for itself.
REQUESTS_A_MINUTE = 12_000


def counting(metrics: Metrics) -> Refuse:
    """Makes answers of refusals, and counts them."""

    def refuse(refusal: Refusal, scope: Scope | None) -> Response:
        metrics.refused(refusal.reason)
        return plain_refusal(refusal, scope)

    return refuse


def protected(
    app: ASGIApp,
    running: Running,
    settings: McpServerSettings,
    refuse: Refuse = plain_refusal,
    attempts: RefusedAttempts | None = None,
) -> ASGIApp:
    """The app with request ids, traces that go on, limits for slow clients and many at once, and an end.

    What it refuses for want of a right goes to the `attempts`.
    """
    if attempts is not None:
        app = NotedRefusals(app, attempts, "mcp", address_by(settings.proxies))
    limited = CallerLimits(
        ContinuedTraces(DatabaseOutageAnswer(app)),
        caller_of=_caller_of,
        at_once=settings.mcp_requests_at_once,
        per_minute=REQUESTS_A_MINUTE if settings.mcp_rate_limit_per_minute else 0,
        refuse=refuse,
    )
    timed = BodyTimeLimit(SlowRefusals(HeadLimits(limited, refuse)), refuse)
    return RequestIds(CountedRequests(timed, running))


async def listen_and_serve(
    app: ASGIApp,
    listener: socket.socket,
    settings: McpServerSettings,
    running: Running,
    refuse: Refuse = plain_refusal,
) -> None:
    """Serve until SIGINT or SIGTERM, and finish what runs then, as long as `MCP_GRACE_SECONDS` allow."""
    give_back_large_blocks()
    allow_open_files(settings.mcp_max_connections + OTHER_OPEN_FILES)
    config = uvicorn.Config(
        app,
        # h11: httptools leaves white space around header values, which the protocol forbids to reject.
        http=bounded_http(settings.mcp_max_connections, refuse),
        ws="none",
        # Else whoever comes from loopback counts as the address they name; `settings.proxies` are believed.
        proxy_headers=False,
        # Our own log format holds for its lines too.
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=settings.mcp_grace_seconds,
    )
    await DrainingServer(config, running, settings.mcp_grace_seconds).serve(sockets=[listener])


def _caller_of(scope: Scope) -> Hashable | None:
    """Who sends a message; the pages for operators are free."""
    return sender_of(scope) if scope["path"] == PATH else None
