"""HTTP requests in the forms in which clients send them, over a real connection."""

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mcp_server.http.foreign_pages import ForeignPages

if TYPE_CHECKING:
    from conftest import RunningServer

TOKEN = {"authorization": "Bearer a-local-token-for-tests-of-some-length"}
JSON, EVENTS = "application/json", "text/event-stream"
PAGE, STRANGER = "https://inspector.example", "https://evil.example"
PREFIX = "io.modelcontextprotocol"
MODERN = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"}


def message(method: str, number: int | None = 1, **params: Any) -> dict[str, Any]:
    """A request, or a notification without a number."""
    return {"jsonrpc": "2.0", "method": method, "params": params} | ({} if number is None else {"id": number})


LIST = message("tools/list")
MODERN_LIST = message(
    "tools/list",
    _meta={f"{PREFIX}/protocolVersion": "2026-07-28", f"{PREFIX}/clientCapabilities": {}},
)
NOTE = message("notifications/initialized", None)
GREETING = message(
    "initialize", protocolVersion="2025-03-26", capabilities={}, clientInfo={"name": "t", "version": "1"}
)


async def post(server: "RunningServer", body: Any, headers: dict[str, str] | None = None) -> httpx2.Response:
    """What comes back for a request with exactly these headers."""
    request = httpx2.Request("POST", f"{server.url}/mcp", content=json.dumps(body), headers=TOKEN)
    request.headers |= headers or {}
    async with httpx2.AsyncClient(timeout=60) as http:
        return await http.send(request)


def held(response: httpx2.Response) -> Any:
    """The message in an answer of either form."""
    if response.headers["content-type"].startswith(JSON):
        return response.json()
    [data] = [line.removeprefix("data:") for line in response.text.splitlines() if line.startswith("data:")]
    return json.loads(data)


ACCEPTED: list[tuple[str | None, str]] = [
    (None, JSON),
    (JSON, JSON),
    ("application/*;q=0.9", JSON),
    (f"{JSON}; charset=utf-8, text/plain", JSON),
    (EVENTS, EVENTS),
    ("text/*", EVENTS),
    ("*/*", ""),
    (f"{JSON}, {EVENTS}", ""),
]


@pytest.mark.parametrize("content_type", [None, JSON, "application/json; charset=utf-8"])
@pytest.mark.parametrize(("accept", "form"), ACCEPTED)
@pytest.mark.parametrize(("body", "version"), [(LIST, {}), (MODERN_LIST, MODERN)], ids=["old", "new"])
async def test_every_client_gets_a_form_that_it_reads(
    shared_server: "RunningServer",
    body: Any,
    version: dict[str, str],
    accept: str | None,
    form: str,
    content_type: str | None,
) -> None:
    given = {"accept": accept, "content-type": content_type}
    headers = version | {name: value for name, value in given.items() if value is not None}
    response = await post(shared_server, body, headers)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith(form)
    assert len(held(response)["result"]["tools"]) > 5


async def test_a_client_that_reads_neither_form_is_told_what_to_send(shared_server: "RunningServer") -> None:
    response = await post(shared_server, LIST, {"accept": "text/html"})
    assert response.status_code == 406
    assert "send Accept: application/json, text/event-stream" in response.json()["error"]["message"]


async def test_an_answer_without_an_end_is_refused_to_who_reads_only_json(
    shared_server: "RunningServer",
) -> None:
    body = MODERN_LIST | {"method": "subscriptions/listen"}
    headers = MODERN | {"mcp-method": "subscriptions/listen", "accept": JSON, "content-type": JSON}
    assert (await post(shared_server, body, headers)).status_code == 406


BATCHES: list[tuple[Any, dict[str, str], int, Any]] = [
    ([LIST, NOTE, message("ping", 2)], {}, 200, [1, 2]),
    ([LIST, message("ping", 2)], {"mcp-protocol-version": "2025-03-26"}, 200, [1, 2]),
    ([LIST], {"accept": EVENTS}, 200, [1]),
    ([NOTE, NOTE], {}, 202, None),
    ([LIST, 7, message("no/such", 3), GREETING | {"id": 4}], {}, 200, [1, None, 3, 4]),
    ([LIST], {"mcp-protocol-version": "2025-06-18"}, 400, "exist in protocol 2025-03-26 only"),
    ([LIST], MODERN, 400, "exist in protocol 2025-03-26 only"),
    ([], {}, 400, "is empty"),
    ([NOTE] * 51, {}, 400, "At most 50 messages"),
]


@pytest.mark.parametrize(("body", "headers", "status", "told"), BATCHES)
async def test_several_messages_are_answered_where_the_protocol_has_them(
    shared_server: "RunningServer", body: Any, headers: dict[str, str], status: int, told: Any
) -> None:
    response = await post(shared_server, body, headers)
    assert response.status_code == status, response.text
    if isinstance(told, str):
        assert told in response.json()["error"]["message"]
    elif told is not None:
        assert [answer.get("id") for answer in held(response)] == told


async def test_a_list_of_messages_needs_a_token_as_one_does(shared_server: "RunningServer") -> None:
    assert (await post(shared_server, [LIST], {"authorization": "Bearer x"})).status_code == 401


PREFLIGHT = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,mcp-protocol-version,mcp-method,x-any",
}


@pytest.mark.parametrize(("origin", "is_let_in"), [(PAGE, True), (STRANGER, False), (f"{PAGE}.evil", False)])
async def test_a_page_of_another_origin_is_let_in_where_a_setting_says_so(
    shared_server: "RunningServer", origin: str, is_let_in: bool
) -> None:
    async with httpx2.AsyncClient(headers={"origin": origin}) as http:
        asked = await http.options(f"{shared_server.url}/mcp", headers=PREFLIGHT)
    answer = await post(shared_server, LIST, {"origin": origin})
    unknown = await post(shared_server, LIST, {"origin": origin, "authorization": "Bearer x"})
    statuses = [asked.status_code, answer.status_code, unknown.status_code]
    allowed = [each.headers.get("access-control-allow-origin") for each in (asked, answer, unknown)]
    assert statuses == ([200, 200, 401] if is_let_in else [403, 403, 403])
    assert allowed == [origin if is_let_in else None] * 3
    assert ("x-any" in asked.headers.get("access-control-allow-headers", "")) == is_let_in


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://kb.example", 200),
        ("http://kb.example", 403),
        # What is below decides, and refuses.
        ("https://evil.example", 421),
        ("https://kb.example:8443", 421),
        ("null", 421),
    ],
)
async def test_a_page_of_the_public_address_is_let_in_by_its_scheme_too(origin: str, status: int) -> None:
    async def below(scope: Scope, receive: Receive, send: Send) -> None:
        refused = "origin" in Headers(scope=scope)
        await Response(status_code=421 if refused else 200)(scope, receive, send)

    served = httpx2.ASGITransport(ForeignPages(below, [], "https://kb.example"))
    async with httpx2.AsyncClient(transport=served, base_url="http://kb.example") as http:
        assert (await http.post("/mcp", headers={"origin": origin})).status_code == status
