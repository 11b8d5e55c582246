"""`POST /visitors`: the page of a site gets a token for somebody who has none yet."""

from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from agent_service.errors import RequestRefusedError
from agent_service.http.bodies import demand_json, read_body
from agent_service.http.responses import answered
from agent_service.routes.visitors.door import VISITORS
from agent_service.visitors.known import KnownSites
from agent_service.visitors.sites import Site
from agent_service.visitors.tokens import VisitorTokens
from serving.token_buckets import TokenBuckets

MAX_BODY_BYTES = 2048


class Asked(BaseModel):
    """The body of the request."""

    model_config = ConfigDict(extra="forbid")

    site_key: str = Field(min_length=1, max_length=100)


def visitor_routes(
    sites: KnownSites, tokens: VisitorTokens, per_hour: int, address_of: Callable[[Scope], str]
) -> list[BaseRoute]:
    """The route; one address gets so many tokens an hour (0: without limit)."""
    taken = TokenBuckets[str](per_hour / 60, burst=per_hour)

    async def make(request: Request) -> Response:
        demand_json(request)
        key = _key_in(await read_body(request, MAX_BODY_BYTES))
        site = _site(await sites.active(), key, request.headers.get("origin", "").lower())
        if wait := taken.take(address_of(request.scope)):
            raise RequestRefusedError(
                "visitors.too_many", status=429, code="rate_limited", retry_after=wait, seconds=wait
            )
        return JSONResponse(
            {"token": tokens.make(site), "expires_in": tokens.seconds}, headers={"Cache-Control": "no-store"}
        )

    return [Route(VISITORS, answered(make), methods=["POST"])]


def _key_in(body: bytes) -> str:
    try:
        return Asked.model_validate_json(body).site_key
    except ValidationError:
        raise RequestRefusedError("visitors.no_key") from None


def _site(known: Sequence[Site], key: str, origin: str) -> Site:
    """The site with this key, asked for from one of its pages; else it is as if there were none."""
    for site in known:
        if site.key == key and origin in site.origins:
            return site
    raise RequestRefusedError("visitors.unknown_site", status=403, code="unknown_site")
