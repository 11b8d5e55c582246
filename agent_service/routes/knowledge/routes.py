"""The routes of the knowledge view: what the MCP tools say about the documents, in the user's name."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from agent_service.context import LOCAL_USER, RequestContext
from agent_service.errors import RequestRefusedError
from agent_service.http.bodies import demand_json, read_body
from agent_service.http.responses import answered
from agent_service.routes.knowledge.calls import KnowledgeCalls
from agent_service.routes.knowledge.reports import report_routes
from agent_service.routes.knowledge.requests import document_id, number, text
from agent_service.routes.knowledge.rights import may_upload
from agent_service.routes.knowledge.uploads import MAX_FILE_BYTES, upload_routes
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import McpConnector
from agent_service.tools.schemas import MAX_QUERY_CHARACTERS
from serving.token_buckets import TokenBuckets

MAX_QUESTION_BYTES = 65_536
MAX_AROUND = 41
NO_STORE = {"Cache-Control": "no-store"}

Words = Annotated[str, StringConstraints(max_length=1000)]
ContextOf = Callable[[Request], RequestContext]
Handler = Callable[[Request, RequestContext], Awaitable[Mapping[str, Any]]]


class WantedSearch(BaseModel):
    """The body of `POST /knowledge/search`: the arguments of the tool."""

    model_config = ConfigDict(extra="forbid")

    query: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUERY_CHARACTERS)
    ]
    limit: Annotated[int, Field(ge=1, le=20)] = 10
    collection: Words | None = None
    filters: dict[str, Any] | None = None
    source: Words | None = None
    since: datetime | None = None
    until: datetime | None = None
    min_similarity: Annotated[float, Field(ge=0, le=1)] | None = None
    explain: bool = True


def knowledge_routes(
    settings: AgentServiceSettings, connector: McpConnector, context_of: ContextOf
) -> list[BaseRoute]:
    """All routes below `/knowledge`; none where KNOWLEDGE_VIEW is off."""
    if not settings.knowledge_view:
        return []
    calls = KnowledgeCalls(settings, connector)
    handled = _handled(settings, context_of)
    return [
        Route("/knowledge/rights", handled(_rights(settings)), methods=["GET"]),
        *_reading_routes(calls, handled),
        *upload_routes(settings, calls, handled),
        *report_routes(settings, handled),
    ]


def _handled(
    settings: AgentServiceSettings, context_of: ContextOf
) -> Callable[[Handler], Callable[[Request], Awaitable[Response]]]:
    """Makes routes of handlers: counted, and with refusals as JSON."""
    rate = TokenBuckets[str](settings.knowledge_rate_limit_per_minute)

    def as_route(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            context = context_of(request)
            _count(rate, context)
            return JSONResponse(dict(await handler(request, context)), headers=NO_STORE)

        return answered(answer)

    return as_route


def _count(rate: TokenBuckets[str], context: RequestContext) -> None:
    if wait := rate.take(context.user_id):
        key = f"knowledge.too_fast.{'one' if wait == 1 else 'many'}"
        raise RequestRefusedError(key, status=429, code="rate_limited", retry_after=wait, seconds=wait)


def _rights(settings: AgentServiceSettings) -> Handler:
    async def rights(request: Request, context: RequestContext) -> Mapping[str, Any]:
        return {
            "uploads": may_upload(settings, context.user_id),
            "max_bytes": MAX_FILE_BYTES,
            # Whoever runs OwFlex here opens all of it; others have a place of their own.
            "own_collection": context.user_id != LOCAL_USER,
        }

    return rights


def _reading_routes(
    calls: KnowledgeCalls, handled: Callable[[Handler], Callable[[Request], Awaitable[Response]]]
) -> list[BaseRoute]:
    async def collections(request: Request, context: RequestContext) -> Mapping[str, Any]:
        wanted = {"limit": number(request, "limit"), "cursor": text(request, "cursor")}
        return await calls.call(context, "list_collections", wanted)

    async def documents(request: Request, context: RequestContext) -> Mapping[str, Any]:
        wanted = {name: text(request, name) for name in ("collection", "query", "source", "sort", "cursor")}
        return await calls.call(context, "list_documents", wanted | {"limit": number(request, "limit")})

    async def document(request: Request, context: RequestContext) -> Mapping[str, Any]:
        wanted = {"document_id": document_id(request), "from_position": number(request, "from")}
        return await calls.call(context, "get_document", wanted)

    async def chunks(request: Request, context: RequestContext) -> Mapping[str, Any]:
        found = await calls.call(context, "read_chunks", _around(request))
        if found.get("document_id") != document_id(request):
            raise RequestRefusedError("knowledge.other_document", status=404, code="not_found")
        return found

    async def search(request: Request, context: RequestContext) -> Mapping[str, Any]:
        demand_json(request)
        wanted = _search_in(await read_body(request, MAX_QUESTION_BYTES))
        return await calls.call(context, "search_documents", wanted)

    return [
        Route("/knowledge/collections", handled(collections), methods=["GET"]),
        Route("/knowledge/documents", handled(documents), methods=["GET"]),
        Route("/knowledge/documents/{id}", handled(document), methods=["GET"]),
        Route("/knowledge/documents/{id}/chunks", handled(chunks), methods=["GET"]),
        Route("/knowledge/search", handled(search), methods=["POST"]),
    ]


def _around(request: Request) -> Mapping[str, Any]:
    """The arguments of `read_chunks`: so many passages with the given one in their middle."""
    chunk_id = number(request, "around")
    if chunk_id is None:
        raise RequestRefusedError("knowledge.no_around", status=422)
    count = number(request, "count") or 5
    if not 1 <= count <= MAX_AROUND:
        raise RequestRefusedError("knowledge.wrong_count", status=422, number=MAX_AROUND)
    before, after = number(request, "before"), number(request, "after")
    before = (count - 1) // 2 if before is None else before
    return {
        "chunk_id": chunk_id,
        "before": before,
        "after": max(count - 1 - before, 0) if after is None else after,
    }


def _search_in(body: bytes) -> Mapping[str, Any]:
    try:
        wanted = WantedSearch.model_validate_json(body)
    except ValidationError:
        fields = ", ".join(sorted(set(WantedSearch.model_fields) - {"query"}))
        raise RequestRefusedError("knowledge.wrong_search", status=422, fields=fields) from None
    # Other servers do not know the argument.
    left_out = None if wanted.explain else {"explain"}
    return wanted.model_dump(mode="json", exclude_none=True, exclude=left_out)
