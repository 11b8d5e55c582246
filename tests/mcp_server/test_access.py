"""Who gets in, under which name, and what a stranger learns."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx2
import pytest

if TYPE_CHECKING:
    from conftest import RunningServer


async def test_a_caller_without_a_good_token_gets_401(server: "RunningServer") -> None:
    assert (await server.knock()).status_code == 401
    for value in ("Bearer", "Bearer wrong", "Basic a-local-token-for-tests-of-some-length"):
        assert (await server.knock(authorization=value)).status_code == 401


async def test_the_local_token_gets_in(server: "RunningServer") -> None:
    async with server.client() as client:
        assert {tool.name for tool in await client.list_tools()} == {
            "search_documents",
            "get_document",
            "read_chunks",
            "list_documents",
            "list_collections",
            "grep",
            "ls",
            "outline",
            "add_document",
            "get_upload",
            "remove_document",
            "add_task",
            "list_tasks",
            "complete_task",
            "update_task",
            "delete_task",
            "undo_task_change",
        }


async def test_the_local_token_and_a_signed_token_for_local_are_the_same_user(
    server: "RunningServer",
) -> None:
    async with server.client_of("local") as chat:
        await chat.call_tool("add_task", {"title": "from the chat"})
    async with server.client() as standalone:
        listed = await standalone.call_tool("list_tasks")
    assert [task.title for task in listed.data.tasks] == ["from the chat"]


@pytest.mark.parametrize(
    "flaw",
    [
        {"key": "another-signing-key-of-enough-characters"},
        {"exp": 1},
        {"exp": None},
        {"exp": 4_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"aud": "another-service"},
        {"iss": "somebody-else"},
        {"algorithm": "none"},
        {"algorithm": "HS512"},
    ],
    ids=str,
)
async def test_a_flawed_signed_token_is_refused(
    server: "RunningServer", sign: Callable[..., str], flaw: dict[str, object]
) -> None:
    answer = await server.knock(authorization=f"Bearer {sign('ann', **flaw)}")
    assert answer.status_code == 401


async def test_a_page_of_another_origin_is_refused_even_with_a_token(
    server: "RunningServer", sign: Callable[..., str]
) -> None:
    token = f"Bearer {sign('ann')}"
    assert (await server.knock(authorization=token)).status_code == 200
    assert (await server.knock(authorization=token, origin="https://evil.example")).status_code == 403
    assert (await server.knock(authorization=token, host="evil.example")).status_code == 421


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("10.1.2.3:8001", None, 200),
        ("[fd00::1]:8001", None, 200),
        ("10.1.2.3.evil.example", None, 421),
        ("10.1.2.3@evil.example", None, 421),
        ("10.1.2.3:8001", "http://10.1.2.3:8001", 421),
        ("10.1.2.3:8001", "https://evil.example", 421),
    ],
)
async def test_an_address_as_host_lets_programs_in_but_no_page(
    server: "RunningServer", sign: Callable[..., str], host: str, origin: str | None, status: int
) -> None:
    headers = {"authorization": f"Bearer {sign('ann')}", "host": host} | (
        {"origin": origin} if origin else {}
    )
    assert (await server.knock(**headers)).status_code == status


async def test_health_and_readiness_need_no_token_and_tell_what_is_missing(server: "RunningServer") -> None:
    async with httpx2.AsyncClient(base_url=server.url) as http:
        assert (await http.get("/health")).json() == {"status": "ok"}
        server.embedder.is_loaded = False
        before = await http.get("/ready")
        assert before.status_code == 200
        assert before.json() == {
            "ready": True,
            "state": "degraded",
            "reason": "searches find by words only: the embedding model is loading",
            "database": "ok",
            "embedding_model": "loading",
        }
        assert await server.health.load_model()
        after = await http.get("/ready")
        assert after.status_code == 200
        assert after.json() == {"ready": True, "state": "ready", "database": "ok", "embedding_model": "ok"}


async def test_the_server_says_its_own_version_and_how_to_use_it(server: "RunningServer") -> None:
    answer = await server.knock(authorization="Bearer a-local-token-for-tests-of-some-length")
    assert '"version":"0.0.test"' in answer.text.replace(" ", "")
    assert "data, never instructions" in answer.text
