"""The web application: protocol, page and health put together in one place."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Hashable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Scope

from agent_service.accounts.live import EndedWithSession
from agent_service.attachments.store import TOKEN_HEADER
from agent_service.auth.addresses import sender_by
from agent_service.auth.login import (
    PUBLIC_DOOR,
    Door,
    Identify,
    Login,
    identify_by,
    is_public,
    local_user,
    logged_in_user,
    proxies_of,
)
from agent_service.cards.widgets import ADD
from agent_service.context import LOCAL_USER, RequestContext, with_base_url
from agent_service.foreign.watching import Others
from agent_service.http.idempotency import KEY_HEADER
from agent_service.http.responses import USER_HEADER
from agent_service.http.security import Guard
from agent_service.live.freshness import keep_fresh
from agent_service.live.settings import LiveSettings
from agent_service.live.vault import Vault
from agent_service.models.providers import ChosenModel
from agent_service.observe.metrics import metrics_page
from agent_service.requests.admission import Admission, Limits
from agent_service.requests.answers import AnswersInTurn
from agent_service.requests.refusals import refusing
from agent_service.requests.validation import RequestChecks
from agent_service.routes.accounts.setup import is_counted, sign_in_parts
from agent_service.routes.admin.following import following
from agent_service.routes.admin.guard import Administrators
from agent_service.routes.admin.overview import Parts
from agent_service.routes.admin.routes import admin_routes
from agent_service.routes.attachments import upload_routes
from agent_service.routes.branches import branch_routes
from agent_service.routes.chatkit import Bounds, ChatKitEndpoint
from agent_service.routes.connect.routes import connect_routes
from agent_service.routes.connect.signed_out import SignedOutPage
from agent_service.routes.feedback import vote_routes
from agent_service.routes.health import check_readiness
from agent_service.routes.knowledge.routes import knowledge_routes
from agent_service.routes.page import STATIC_FOLDER, web_routes
from agent_service.routes.v1.routes import Api, api_routes
from agent_service.routes.visitors.door import of_visitors
from agent_service.routes.visitors.setup import Visits
from agent_service.routes.voice import voice_routes
from agent_service.server import OwFlexChatKitServer
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage.presence import Presence
from agent_service.storage.turn_lock import PostgresTurnLocks
from agent_service.tools.connection import READING_SCOPE, McpConnector
from agent_service.tools.sessions import Sessions
from agent_service.turn.edits import EDIT_MESSAGE, SHOW_VERSION
from database.audit import write_attempts
from database.ending import end
from database.pool import Pool
from database.process import is_loopback
from serving.caller_limits import CallerLimits
from serving.client_addresses import AddressOf, address_by
from serving.draining import Running
from serving.heads import HeadLimits
from serving.refusals import Refuse
from serving.refused_attempts import NotedRefusals, RefusedAttempts
from serving.requests import RequestIds, TracedRequests
from serving.slow_refusals import SlowRefusals
from serving.timed_bodies import BodyTimeLimit
from serving.turnstile import Turnstile

PAGE_HEADERS = ("content-type", "authorization", "traceparent", TOKEN_HEADER, KEY_HEADER)
# OpenAI's component adds these to every request by itself. What they say is not used.
COMPONENT_HEADERS = (
    "chatkit-frame-instance-id",
    "chatkit-device-id",
    "chatkit-session-id",
    "chatkit-user-id",
    "x-chatkit-session",
    "openai-sentinel-token",
)


def create_app(
    settings: AgentServiceSettings,
    *,
    pool: Pool,
    chosen: ChosenModel,
    connector: McpConnector,
    context_of: Callable[[Request], RequestContext] | None = None,
    static: Path = STATIC_FOLDER,
    folder: Path | None = None,
    live: LiveSettings | None = None,
) -> FastAPI:
    """The app over an open pool of the chat database.

    `context_of` says whom a request comes from; without it AGENT_SERVICE_AUTH decides. `folder` is the data
    folder where the embedded Postgres is used: its disk must have room. `live` keeps `settings` as
    administrators change them; without it a new one does, with a key out of the signing key.

    Raises `AgentServiceError` for settings that cannot work.
    """
    address_of = address_by(proxies_of(settings))
    live = live or LiveSettings(settings, pool, Vault(connector.key_for("settings")))
    signing_in = (
        sign_in_parts(settings, pool, address_of, connector, live.vault)
        if settings.agent_service_auth == "accounts"
        else None
    )
    identify = identify_by(settings) if signing_in is None else signing_in.identify
    asker = context_of or (local_user if identify is None else logged_in_user)
    context_of = with_base_url(of_visitors(asker))
    visits = Visits(settings, pool, connector.key_for("visitors"))
    others = Others(settings)
    server = OwFlexChatKitServer(pool, settings, chosen, connector.connect, others)
    limits = Limits(settings, pool)
    admission = Admission(server.menu, limits, server.running, server.metrics)
    only_edits = frozenset({EDIT_MESSAGE, SHOW_VERSION})
    checks = RequestChecks(server, server.files, admission, only_edits | {ADD}, only_edits)
    bounds = Bounds(
        settings.max_request_bytes, settings.turn_wait_seconds, settings.stream_keep_alive_seconds
    )
    answers = AnswersInTurn(settings)
    presence = Presence(str(pool.conninfo))
    locks = PostgresTurnLocks(pool, presence)
    endpoint = ChatKitEndpoint(server, context_of, bounds, locks, checks, answers)
    # No generated API pages: they load scripts from elsewhere, and the protocol is ChatKit's.
    routes = web_routes(settings, lambda: server.menu.chosen, static)
    attempts = RefusedAttempts(partial(write_attempts, pool))
    live.follow(following(live, server, chosen, limits, answers))
    works = [
        server.metrics.stalls.watch,
        attempts.keep_writing,
        partial(keep_fresh, live.refresh),
        *(signing_in.works if signing_in else ()),
        visits.keep_forgetting,
        others.keep_looking,
    ]
    keeping = _keeping(connector.sessions, presence, works)
    app = FastAPI(title="OwFlex", openapi_url=None, routes=routes, lifespan=keeping)
    app.router.routes.extend(upload_routes(server.files, context_of))
    app.router.routes.extend(voice_routes(server.dictation, context_of))
    app.router.routes.extend(vote_routes(pool, context_of))
    app.router.routes.extend(branch_routes(pool, server.threads, context_of))
    app.router.routes.extend(knowledge_routes(settings, connector, context_of))
    admins = Administrators(settings, pool, context_of)
    parts = Parts(live, connector, server.running, lambda: server.menu.chosen, folder)
    app.router.routes.extend(admin_routes(parts, admins))
    reading = partial(connector.connect, scope=READING_SCOPE)
    api = Api(settings, server, reading, context_of, admission, answers)
    app.router.routes.extend(api_routes(api))
    app.router.routes.extend(connect_routes(settings, connector, context_of))
    app.router.routes.extend(visits.routes(address_of))
    if signing_in is not None:
        app.router.routes.extend(signing_in.routes)
    app.add_route("/chatkit", endpoint.__call__, methods=["POST"])
    app.add_api_route("/health", _is_alive, methods=["GET"])
    app.add_api_route("/ready", _readiness(pool, connector, others, server.running, folder), methods=["GET"])
    is_private = identify is None and is_loopback(settings.agent_service_host)
    figures = metrics_page(server.metrics, settings.agent_service_metrics_token, is_open=is_private)
    app.add_route("/metrics", figures, methods=["GET"])
    app.state.running = server.running
    app.state.public_url = settings.agent_service_public_url
    app.state.refuse = refusing(server.metrics)
    if signing_in is not None:
        app.add_middleware(EndedWithSession, sessions=signing_in.live)
    door = PUBLIC_DOOR if signing_in is None else signing_in.door
    _add_protections(app, settings, None if identify is None else (identify, door), attempts, visits)
    return app


def _add_protections(
    app: FastAPI,
    settings: AgentServiceSettings,
    login: tuple[Identify, Door] | None,
    attempts: RefusedAttempts,
    visits: Visits,
) -> None:
    """What stands before the routes, from the inside to the outside."""
    refuse: Refuse = app.state.refuse
    address_of = address_by(proxies_of(settings))
    has_proxy = settings.agent_service_auth == "proxy"
    sender_of = sender_by(address_of, settings.agent_service_proxy_header if has_proxy else None)
    app.add_middleware(
        CallerLimits,
        caller_of=_caller_by(address_of),
        at_once=settings.chat_requests_at_once or 0,
        per_minute=settings.chat_requests_per_minute or 0,
        refuse=refuse,
    )
    if login is not None:
        identify, door = login
        app.add_middleware(Login, identify=identify, address_of=address_of, refuse=refuse, door=door)
        app.add_middleware(SignedOutPage)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=[*PAGE_HEADERS, *COMPONENT_HEADERS, *settings.cors_headers],
            expose_headers=[USER_HEADER],
            allow_credentials=False,
        )
    app.add_middleware(
        Guard,
        allowed_hosts=settings.agent_service_allowed_hosts,
        allowed_origins=settings.cors_origins,
        public_url=settings.agent_service_public_url,
    )
    visits.open_door(app, (*PAGE_HEADERS, *settings.cors_headers))
    app.add_middleware(HeadLimits, refuse=refuse)
    app.add_middleware(SlowRefusals, sender_of=sender_of)
    app.add_middleware(Turnstile, sender_of=sender_of)
    app.add_middleware(BodyTimeLimit, refuse=refuse, sender_of=sender_of)
    app.add_middleware(NotedRefusals, attempts=attempts, through="chat", address_of=address_of)
    app.add_middleware(TracedRequests)
    app.add_middleware(RequestIds)


def _caller_by(address_of: AddressOf) -> Callable[[Scope], Hashable | None]:
    """Whose request it is: of the user who logged in, else of an address; what everybody may see is free."""

    def caller_of(scope: Scope) -> Hashable | None:
        if is_public(scope["path"]) and not is_counted(scope["path"]):
            return None
        return scope.get("state", {}).get("user") or address_of(scope)

    return caller_of


def _keeping(
    sessions: Sessions, presence: Presence, works: Sequence[Callable[[], Coroutine[Any, Any, None]]]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """While the app runs, connections to the MCP server are kept, it is seen by the other processes, and the
    works are done.
    """

    @asynccontextmanager
    async def keeping(_: FastAPI) -> AsyncGenerator[None]:
        tasks = [asyncio.create_task(work()) for work in works]
        async with sessions, presence:
            yield
        await end(*tasks)

    return keeping


async def _is_alive() -> JSONResponse:
    return JSONResponse({"status": "ok"})


def _readiness(
    pool: Pool, connector: McpConnector, others: Others, running: Running, folder: Path | None
) -> Callable[[], Awaitable[JSONResponse]]:
    async def ready() -> JSONResponse:
        if running.is_stopping:
            stopping = {"ready": False, "state": "unavailable", "reason": "the chat is stopping"}
            return JSONResponse(stopping, status_code=503)
        state = await check_readiness(pool, connector, RequestContext(LOCAL_USER), folder)
        state = state.without(others.problems)
        return JSONResponse(state.as_json(), status_code=200 if state.ready else 503)

    return ready
