"""The tasks extension: long calls as tasks, over two servers on one Postgres and a worker beside them."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from mcp_types.version import LATEST_MODERN_VERSION

from knowledge_base.embedding import SentenceTransformerEmbedder
from mcp_server.settings import McpServerSettings
from tests.mcp_server.test_writing import NOTE, a_worker
from tests.support.rights import open_to_everyone

if TYPE_CHECKING:
    from conftest import RunningServer, ServedBy

TASKS = "io.modelcontextprotocol/tasks"
KNOWN: dict[str, Any] = {"extensions": {TASKS: {}}}
SECONDS = 30.0


def request_of(token: str, method: str, capabilities: object, params: dict[str, Any]) -> dict[str, Any]:
    """Body and headers of a request of 2026-07-28."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": LATEST_MODERN_VERSION,
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    headers = {
        "accept": "application/json, text/event-stream",
        "authorization": f"Bearer {token}",
        "mcp-protocol-version": LATEST_MODERN_VERSION,
        "mcp-method": method,
        "mcp-name": str(params.get("name") or params.get("taskId") or ""),
    }
    return {"json": body, "headers": headers}


async def ask(
    server: "RunningServer", token: str, method: str, capabilities: object = KNOWN, **params: Any
) -> dict[str, Any]:
    """The whole answer of one request of 2026-07-28."""
    request = request_of(token, method, capabilities, params)
    async with httpx2.AsyncClient() as http:
        answer = (await http.post(f"{server.url}/mcp", **request)).json()
    # Who answers, which the SDK adds to whatever is answered.
    answer.get("result", {}).pop("_meta", None)
    return answer


async def begun(server: "RunningServer", token: str, **arguments: Any) -> dict[str, Any]:
    """The task as which a document is added."""
    answer = await ask(server, token, "tools/call", name="add_document", arguments=arguments)
    assert answer["result"]["resultType"] == "task", answer
    return answer["result"]


async def ended(server: "RunningServer", token: str, task_id: str) -> dict[str, Any]:
    """The task when it is over."""
    async with asyncio.timeout(SECONDS):
        while True:
            task = (await ask(server, token, "tasks/get", taskId=task_id))["result"]
            if task["status"] != "working":
                return task
            await asyncio.sleep(0.05)


@pytest.fixture
async def other(
    server: "RunningServer",  # the first to migrate and to make the role
    server_settings: McpServerSettings,
    knowledge_base_url: str,
    served_by: "ServedBy",
) -> AsyncGenerator["RunningServer"]:
    """A second server on the same database."""
    await open_to_everyone(knowledge_base_url, "default", "hr")
    async with served_by(knowledge_base_url, server_settings) as running:
        yield running


async def test_a_document_is_added_as_a_task_that_every_process_knows(
    server: "RunningServer",
    other: "RunningServer",
    knowledge_base_url: str,
    embedder: SentenceTransformerEmbedder,
    sign: Callable[..., str],
) -> None:
    ann = sign("ann")
    task = await begun(server, ann, **NOTE, colour="red")
    assert (task["status"], "result" in task) == ("working", False)
    assert task["statusMessage"] == "It waits for a worker."
    assert (task["ttlMs"], task["pollIntervalMs"]) == (24 * 3600 * 1000, 1000)
    second = await begun(other, ann, name="Second", text="Two")
    assert second["statusMessage"] == "It waits for a worker, 1 before it."
    async with a_worker(knowledge_base_url, embedder):
        over = await ended(other, ann, task["taskId"])
        await ended(server, ann, second["taskId"])
    assert over["resultType"] == "complete"
    assert (over["status"], over["statusMessage"]) == ("completed", "Added, 1 passages.")
    assert over["createdAt"] == task["createdAt"] < over["lastUpdatedAt"]
    content = over["result"]["structuredContent"]
    assert "colour" in content.pop("note")
    async with server.client(ann) as client:
        upload = await client.call_tool("get_upload", {"upload_id": content["upload_id"]})
    assert upload.structured_content == content
    assert over["result"]["isError"] is False


async def test_what_failed_is_the_result_that_the_call_would_have_had(
    server: "RunningServer",
    other: "RunningServer",
    knowledge_base_url: str,
    embedder: SentenceTransformerEmbedder,
    sign: Callable[..., str],
) -> None:
    ann = sign("ann")
    async with a_worker(knowledge_base_url, embedder):
        task = await begun(server, ann, name="a.ipynb", text="this is no notebook")
        over = await ended(other, ann, task["taskId"])
    assert over["status"] == "completed"
    assert over["result"]["structuredContent"]["status"] == "failed"
    assert over["statusMessage"] == over["result"]["structuredContent"]["reason"]


async def test_a_task_is_cancelled_while_no_worker_has_it(
    server: "RunningServer",
    other: "RunningServer",
    knowledge_base_url: str,
    embedder: SentenceTransformerEmbedder,
    sign: Callable[..., str],
) -> None:
    ann = sign("ann")
    task_id = (await begun(server, ann, **NOTE))["taskId"]
    for _ in range(2):
        assert (await ask(other, ann, "tasks/cancel", taskId=task_id))["result"] == {"resultType": "complete"}
        over = await ended(server, ann, task_id)
        assert (over["status"], "result" in over) == ("cancelled", False)
    async with a_worker(knowledge_base_url, embedder):
        kept = await begun(server, ann, name="Kept", text="This stays.")
        await ended(server, ann, kept["taskId"])
        await ask(server, ann, "tasks/cancel", taskId=kept["taskId"])
        assert (await ended(server, ann, kept["taskId"]))["status"] == "completed"
    async with server.pool.connection() as connection:
        rows = await connection.execute("select source from documents")
        assert await rows.fetchall() == [("added-by/ann/Kept",)]


async def test_a_task_is_its_users_alone_and_ends_with_its_time(
    server: "RunningServer", other: "RunningServer", sign: Callable[..., str]
) -> None:
    ann = sign("ann")
    task_id = (await begun(server, ann, **NOTE))["taskId"]
    assert len(task_id) > 40
    narrow = sign("ann", collections=["hr"])
    for token in (sign("bob"), narrow, sign("ann", scope="kb:read")):
        for method in ("tasks/get", "tasks/cancel", "tasks/update"):
            answer = await ask(other, token, method, taskId=task_id, inputResponses={})
            assert answer["error"]["code"] == -32602
            assert "no such task" in answer["error"]["message"]
    assert (await ask(other, ann, "tasks/update", taskId=task_id, inputResponses={}))["result"] == {
        "resultType": "complete"
    }
    async with server.pool.connection() as connection:
        await connection.execute("update background_calls set expires_at = now()")
    assert (await ask(server, ann, "tasks/get", taskId=task_id))["error"]["code"] == -32602
    await begun(server, ann, name="Another", text="One")
    async with server.pool.connection() as connection:
        rows = await connection.execute("select task_id from background_calls")
        assert task_id not in [row[0] for row in await rows.fetchall()]


async def test_the_same_key_is_the_same_task(
    server: "RunningServer", other: "RunningServer", sign: Callable[..., str]
) -> None:
    ann = sign("ann")
    first = await begun(server, ann, **NOTE, idempotency_key="one")
    again = await begun(other, ann, **NOTE, idempotency_key="one")
    assert first["taskId"] == again["taskId"]


async def test_who_does_not_ask_for_tasks_gets_none(
    server: "RunningServer", other: "RunningServer", sign: Callable[..., str]
) -> None:
    ann = sign("ann")
    call = {"name": "add_document", "arguments": {**NOTE, "wait_seconds": 0}}
    plain = (await ask(server, ann, "tools/call", {}, **call))["result"]
    assert plain["structuredContent"]["status"] == "waiting"
    assert "taskId" not in plain
    wrong = (await ask(server, ann, "tools/call", name="add_document", arguments={"text": "x"}))["result"]
    assert wrong["isError"]
    for method in ("tasks/get", "tasks/cancel", "tasks/update"):
        answer = await ask(other, ann, method, {}, taskId="x" * 43, inputResponses={})
        assert answer["error"]["code"] == -32021
        assert answer["error"]["data"] == {"requiredCapabilities": KNOWN}


async def test_subscribers_hear_how_a_task_goes_on(
    server: "RunningServer",
    other: "RunningServer",
    knowledge_base_url: str,
    embedder: SentenceTransformerEmbedder,
    sign: Callable[..., str],
) -> None:
    ann = sign("ann")
    task_id = (await begun(server, ann, **NOTE))["taskId"]
    asked = {"taskIds": [task_id, "of somebody else"]}
    refused = await ask(other, ann, "subscriptions/listen", {}, notifications=asked)
    assert refused["error"]["code"] == -32021
    frames: list[dict[str, Any]] = []
    async with a_worker(knowledge_base_url, embedder), asyncio.timeout(SECONDS):
        async for frame in listened(other, ann, asked):
            frames.append(frame)
            if frame["params"].get("status") == "completed":
                break
    assert frames[0]["method"] == "notifications/subscriptions/acknowledged"
    assert frames[0]["params"]["notifications"]["taskIds"] == [task_id]
    assert {frame["method"] for frame in frames[1:]} == {"notifications/tasks"}
    over = await ended(server, ann, task_id)
    del over["resultType"], frames[-1]["params"]["_meta"]
    assert frames[-1]["params"] == over


async def listened(
    server: "RunningServer", token: str, asked: dict[str, Any]
) -> AsyncGenerator[dict[str, Any]]:
    """The messages of a subscription."""
    request = request_of(token, "subscriptions/listen", KNOWN, {"notifications": asked})
    async with (
        httpx2.AsyncClient(timeout=SECONDS) as http,
        http.stream("POST", f"{server.url}/mcp", **request) as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))
