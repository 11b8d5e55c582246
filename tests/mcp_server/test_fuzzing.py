"""Made-up requests to the MCP server: never a defect, always a sentence, nothing of another user."""

import json
from typing import TYPE_CHECKING, Any, cast

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_server.settings import McpServerSettings
from tests.mcp_server.conftest import ACCEPT, signed_token
from tests.support.fuzzing import STRANGE_TEXTS, VALUES, bounded, encoded

if TYPE_CHECKING:
    from conftest import RunningServer

SECRET = "the heron nests behind the mill"
TOOLS = (
    *("search_documents", "read_chunks", "get_document", "list_documents", "list_collections", "get_upload"),
    *("add_task", "list_tasks", "complete_task", "update_task", "delete_task", "no_such_tool"),
)
ARGUMENTS = (
    *(
        "query",
        "limit",
        "collection",
        "filters",
        "source",
        "since",
        "until",
        "min_similarity",
        "explain",
        "cursor",
    ),
    *("chunk_id", "before", "after", "document_id", "from_position", "sort", "title", "upload_id", "task_id"),
    *("notes", "priority", "due_on", "tags", "status", "time_zone", "idempotency_key", "clear_due_on"),
)
METHODS = (
    *(
        "tools/call",
        "tools/list",
        "resources/read",
        "resources/list",
        "resources/templates/list",
        "prompts/get",
    ),
    *("prompts/list", "initialize", "ping", "server/discover", "completion/complete", "logging/setLevel"),
    *("notifications/initialized", "notifications/cancelled", "no/such/method", ""),
)
# What FastMCP says in place of a reason when a tool has failed by a defect.
DEFECT = "Error calling tool"


@pytest.fixture
def server_settings() -> McpServerSettings:
    """No limits: what is tried here would be more than they allow."""
    return McpServerSettings(mcp_rate_limit_per_minute=0)  # pyright: ignore[reportCallIssue]


@pytest.fixture
async def fuzzed(server: "RunningServer") -> "RunningServer":
    """A server for all examples, on which Bob has a task with a secret in it."""
    async with server.client_of("bob") as bob:
        await bob.call_tool("add_task", {"title": SECRET})
    return server


async def sent(server: "RunningServer", body: bytes) -> httpx2.Response:
    """The raw answer to a body of Ann's."""
    headers = ACCEPT | {"authorization": f"Bearer {signed_token('ann')}", "content-type": "application/json"}
    async with httpx2.AsyncClient(timeout=60) as http:
        return await http.post(f"{server.url}/mcp", content=body, headers=headers)


def check(answer: httpx2.Response) -> None:
    """Fail unless the answer is JSON (an event or as such) that says what is wrong, if something is."""
    assert SECRET not in answer.text
    assert answer.status_code < 500, answer.text
    lines = [line[5:] for line in answer.text.splitlines() if line.startswith("data:")]
    text = lines[-1] if lines else answer.text
    if not text:
        assert answer.status_code == 202
        return
    held: Any = json.loads(text)
    messages = cast("list[Any]", held) if isinstance(held, list) else [held]
    for message in messages:
        check_message(message)


def check_message(message: Any) -> None:
    """Fail where a message tells of a defect, or of an error without a sentence."""
    if "error" in message:
        error = as_object(message["error"])
        assert error["message"], message
        assert error.get("code") != -32603, message
    result: dict[str, Any] = message.get("result", {})
    if result.get("isError"):
        assert result["content"][0]["text"], message
        assert DEFECT not in result["content"][0]["text"], message


def as_object(error: Any) -> dict[str, Any]:
    """An error as JSON-RPC has it, also where HTTP refused the request with a sentence."""
    return cast("dict[str, Any]", error) if isinstance(error, dict) else {"message": error}


@bounded
@given(
    tool=st.sampled_from(TOOLS),
    arguments=st.one_of(
        st.dictionaries(st.sampled_from(ARGUMENTS), st.one_of(VALUES, STRANGE_TEXTS), max_size=5), VALUES
    ),
)
async def test_tools_with_made_up_arguments(fuzzed: "RunningServer", tool: str, arguments: Any) -> None:
    call = {"name": tool, "arguments": arguments}
    check(await sent(fuzzed, encoded({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call})))


@bounded
@given(
    method=st.one_of(st.sampled_from(METHODS), STRANGE_TEXTS),
    params=st.one_of(
        VALUES, st.dictionaries(st.sampled_from(["uri", "name", "cursor", "arguments", "_meta"]), VALUES)
    ),
    number=st.one_of(st.integers(), STRANGE_TEXTS, VALUES),
)
async def test_methods_with_made_up_parameters(
    fuzzed: "RunningServer", method: str, params: Any, number: Any
) -> None:
    check(await sent(fuzzed, encoded({"jsonrpc": "2.0", "id": number, "method": method, "params": params})))


@bounded
@given(
    body=st.one_of(st.binary(max_size=200), VALUES.map(encoded), st.lists(VALUES, max_size=4).map(encoded))
)
async def test_bodies_that_are_no_message(fuzzed: "RunningServer", body: bytes) -> None:
    check(await sent(fuzzed, body))


@bounded
@given(kind=st.sampled_from(["documents", "collections", "chunks", "tasks", ""]), rest=STRANGE_TEXTS)
async def test_resources_with_made_up_addresses(fuzzed: "RunningServer", kind: str, rest: str) -> None:
    read = {"uri": f"kb://{kind}/{rest}"}
    check(
        await sent(fuzzed, encoded({"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": read}))
    )
