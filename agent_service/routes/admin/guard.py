"""Who may use the routes of the administration: administrators, from our own page or a program."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent_service.auth.admins import is_admin
from agent_service.context import RequestContext, public_url_of
from agent_service.errors import RequestRefusedError
from agent_service.http.bodies import demand_json, read_body
from agent_service.http.responses import ContextOf, answered
from agent_service.i18n.catalog import DATABASE_GONE
from agent_service.settings.settings import AgentServiceSettings
from database.pool import Pool
from serving.origins import is_own_page
from serving.token_buckets import TokenBuckets

logger = logging.getLogger("agent_service")

MAX_BODY_BYTES = 262_144
REQUESTS_PER_MINUTE = 300
NO_STORE = {"Cache-Control": "no-store"}

AdminHandler = Callable[[Request, RequestContext], Awaitable[Mapping[str, Any]]]
Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True)
class Administrators:
    """Lets requests of administrators through; others are refused before anything is read."""

    settings: AgentServiceSettings
    pool: Pool
    context_of: ContextOf
    rate: TokenBuckets[str] = field(default_factory=lambda: TokenBuckets[str](REQUESTS_PER_MINUTE))

    async def is_one(self, context: RequestContext) -> bool:
        """Whether the user is an administrator. Raises `RequestRefusedError` (503)."""
        try:
            return await is_admin(self.settings, self.pool, context.user_id)
        except (psycopg.Error, PoolTimeout):
            raise RequestRefusedError(DATABASE_GONE, status=503, code="unavailable") from None

    def only(self, handler: AdminHandler) -> Callable[[Request], Awaitable[Response]]:
        """A route of the handler, for administrators."""

        async def answer(request: Request) -> Response:
            context = self.context_of(request)
            _check_page(request)
            if not await self.is_one(context):
                raise RequestRefusedError("admin.only", status=403, code="not_allowed")
            return await self._answer(request, context, handler)

        return answered(answer)

    async def _answer(self, request: Request, context: RequestContext, handler: AdminHandler) -> Response:
        if wait := self.rate.take(context.user_id):
            key = f"knowledge.too_fast.{'one' if wait == 1 else 'many'}"
            raise RequestRefusedError(key, status=429, code="rate_limited", retry_after=wait, seconds=wait)
        try:
            found = await handler(request, context)
        except (psycopg.Error, PoolTimeout) as error:
            logger.error("%s failed: %s", request.url.path, type(error).__name__)
            raise RequestRefusedError(DATABASE_GONE, status=503, code="unavailable") from None
        return JSONResponse(json.loads(json.dumps(dict(found), default=str)), headers=NO_STORE)


def _check_page(request: Request) -> None:
    """Raise `RequestRefusedError` (403) for the page of another origin, even one that may use the chat."""
    origin = request.headers.get("origin")
    host, public_url = request.headers.get("host", ""), public_url_of(request)
    is_foreign = origin is not None and not is_own_page(origin, host, public_url)
    if is_foreign or request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise RequestRefusedError("admin.own_page", status=403, code="foreign_origin")


async def read_json(request: Request, kind: type[Body]) -> Body:
    """The body as what it should be. Raises `RequestRefusedError`, which does not repeat its values."""
    demand_json(request)
    try:
        return kind.model_validate_json(await read_body(request, MAX_BODY_BYTES))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "?"
        raise RequestRefusedError(
            "admin.wrong_value", status=422, name=place[:100], reason=first["msg"]
        ) from None


def days_of(request: Request, usual: int = 30) -> int:
    """How many days back the address asks for, 1 to 365."""
    given = request.query_params.get("days", "")
    return min(max(int(given), 1), 365) if given.isascii() and given.isdigit() and len(given) < 6 else usual
