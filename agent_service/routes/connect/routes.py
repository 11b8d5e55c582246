"""`/connect`, where a person answers a client, and `/connections`, where they see and disconnect them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from agent_service.context import RequestContext, base_url_of, locale_of, public_url_of
from agent_service.errors import RequestRefusedError, SaidError
from agent_service.http.bodies import content_type, read_body
from agent_service.http.security import CONTENT_SECURITY_POLICY
from agent_service.routes.connect.pages import Answered, ConnectPages
from agent_service.routes.knowledge.calls import KnowledgeCalls
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import CONNECT_SCOPE, McpConnector
from serving.origins import is_own_page
from serving.token_buckets import TokenBuckets

CONNECT, CONNECTIONS = "/connect", "/connections"
MAX_FORM_BYTES = 65_536
MAX_SECRET_CHARACTERS = 100
MAX_COLLECTIONS = 200
PER_MINUTE = 60
NO_STORE = {"Cache-Control": "no-store"}

ContextOf = Callable[[Request], RequestContext]
Handler = Callable[[Request, RequestContext], Awaitable[Response]]
Form = Mapping[str, list[str]]


def connect_routes(
    settings: AgentServiceSettings, connector: McpConnector, context_of: ContextOf
) -> list[BaseRoute]:
    """The pages; none where MCP_OAUTH is off."""
    if not settings.mcp_oauth:
        return []
    pages = Connecting(KnowledgeCalls(settings, connector))
    handled = _handled(context_of)
    return [
        Route(CONNECT, handled(pages.ask), methods=["GET"]),
        Route(CONNECT, handled(pages.answer), methods=["POST"]),
        Route(CONNECTIONS, handled(pages.show), methods=["GET"]),
        Route(CONNECTIONS, handled(pages.disconnect), methods=["POST"]),
    ]


def _handled(context_of: ContextOf) -> Callable[[Handler], Callable[[Request], Awaitable[Response]]]:
    """Makes routes of handlers: counted, and with refusals as pages."""
    rate = TokenBuckets[str](PER_MINUTE)

    def as_route(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                context = context_of(request)
                if wait := rate.take(context.user_id):
                    raise RequestRefusedError(
                        "limits.too_many_at_once", status=429, code="rate_limited", retry_after=wait
                    )
                return await handler(request, context)
            except SaidError as error:
                return _problem(request, error)

        return answer

    return as_route


def _problem(request: Request, error: SaidError) -> Response:
    locale = locale_of(request.headers.get("accept-language"))
    if error.code == "not_supported":
        error = RequestRefusedError("connect.off", status=404)
    content = ConnectPages(locale).problem(error.said(locale))
    return HTMLResponse(content, error.status, NO_STORE | error.headers)


class Connecting:
    """Answers the pages' requests with what the MCP server says to the user."""

    def __init__(self, calls: KnowledgeCalls) -> None:
        self._calls = calls

    async def ask(self, request: Request, context: RequestContext) -> Response:
        """The page that asks whether to let a client in. Raises `RequestRefusedError`."""
        if request.query_params.get("problem") == "unknown_client":
            raise RequestRefusedError("connect.unknown_client")
        return await self._consent(context, _secret(request.query_params.get("request")))

    async def answer(self, request: Request, context: RequestContext) -> Response:
        """Sends the browser back to the client with the answer. Raises `RequestRefusedError`."""
        form = await _form_of_our_own(request)
        secret = _secret(_one(form, "request"))
        approve = _one(form, "answer") == "approve"
        collections = form.get("collection", []) if _one(form, "which") == "some" else None
        chosen = Answered(form.get("scope", []), collections)
        if approve and (not chosen.scopes or collections == []):
            return await self._consent(context, secret, chosen)
        wanted: dict[str, Any] = {"request": secret, "approve": approve}
        if approve:
            wanted |= {"scopes": list(chosen.scopes), "collections": collections}
        answered = await self._call(context, "answer_connection_request", wanted)
        return RedirectResponse(str(answered["redirect_uri"]), 303, NO_STORE)

    async def show(self, request: Request, context: RequestContext) -> Response:
        """The page of connected clients. Raises `RequestRefusedError`."""
        listed = await self._call(context, "list_connected_clients", {})
        is_one_gone = "gone" in request.query_params
        pages = ConnectPages(context.locale, context.user_id)
        return HTMLResponse(
            pages.clients(listed["clients"], is_one_gone=is_one_gone), headers=NO_STORE | _may_send_to()
        )

    async def disconnect(self, request: Request, context: RequestContext) -> Response:
        """Disconnects a client and shows the others. Raises `RequestRefusedError`."""
        number = _one(await _form_of_our_own(request), "connection_id")
        if not number.isdecimal() or len(number) > 18:
            raise RequestRefusedError("connect.no_client", status=404, code="not_found")
        await self._call(context, "disconnect_client", {"connection_id": int(number)})
        return RedirectResponse(f"{base_url_of(request)}connections?gone", 303, NO_STORE)

    async def _consent(self, context: RequestContext, secret: str, again: Answered | None = None) -> Response:
        asked = await self._call(context, "get_connection_request", {"request": secret})
        listed = await self._calls.call(context, "list_collections", {"limit": MAX_COLLECTIONS})
        names = [str(one["name"]) for one in listed["collections"]]
        content = ConnectPages(context.locale, context.user_id).consent(secret, asked, names, again)
        headers = NO_STORE | _may_send_to(str(asked["redirect_uri"]))
        return HTMLResponse(content, 422 if again else 200, headers)

    async def _call(
        self, context: RequestContext, tool: str, arguments: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        return await self._calls.call(context, tool, arguments, scope=CONNECT_SCOPE)


async def _form_of_our_own(request: Request) -> Form:
    """The form, if a page of ours has sent it: pages that may use the chat may not answer for people.

    Raises `RequestRefusedError`.
    """
    origin, host = request.headers.get("origin", ""), request.headers.get("host", "")
    is_ours = is_own_page(origin, host, public_url_of(request))
    if not is_ours or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise RequestRefusedError("connect.foreign", status=403, code="foreign_origin")
    if content_type(request) != "application/x-www-form-urlencoded":
        raise RequestRefusedError("connect.foreign", status=415, code="wrong_content_type")
    body = await read_body(request, MAX_FORM_BYTES)
    try:
        return parse_qs(body.decode(), max_num_fields=1000)
    except ValueError:
        raise RequestRefusedError("connect.foreign") from None


def _one(form: Form, name: str) -> str:
    return form.get(name, [""])[0]


def _secret(value: str | None) -> str:
    if not value or len(value) > MAX_SECRET_CHARACTERS:
        raise RequestRefusedError("connect.gone", status=404, code="not_found")
    return value


def _may_send_to(uri: str | None = None) -> dict[str, str]:
    """Forms go to us, and from there to the client: browsers ask for both.

    Without a referrer they would not say of which origin a form is.
    """
    places = "'self'" if uri is None else f"'self' {_source_of(uri)}"
    policy = CONTENT_SECURITY_POLICY.replace("form-action 'none'", f"form-action {places}")
    return {"Content-Security-Policy": policy, "Referrer-Policy": "same-origin"}


def _source_of(uri: str) -> str:
    parts = urlsplit(uri)
    # Policies know no addresses of IPv6, and apps no hosts.
    is_named = parts.scheme in ("http", "https") and not parts.netloc.startswith("[")
    return f"{parts.scheme}://{parts.netloc}" if is_named else f"{parts.scheme}:"
