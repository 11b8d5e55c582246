"""The knowledge base goes away while a caller is looked up."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx2
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr
from starlette.types import ASGIApp

from database.pool import create_pool
from knowledge_base.access import open_server_pool, prepare_server_role
from knowledge_base.api_keys import NewApiKey, create_api_key
from knowledge_base.embedding import SentenceTransformerEmbedder
from knowledge_base.following_embedder import FollowingEmbedder
from mcp_server.app import http_app
from mcp_server.auth.callers import BearerVerifier
from mcp_server.health import Health
from mcp_server.server import create_server
from mcp_server.settings import McpServerSettings
from tests.agent_service.fault_proxy import FaultProxy
from tests.mcp_server.conftest import ACCEPT, INITIALIZE, LOCAL_TOKEN, SIGNING_KEY

Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]


async def test_a_disk_that_takes_nothing_is_a_reason_not_to_be_ready(
    knowledge_base_url: str, embedder: SentenceTransformerEmbedder, tmp_path: Path
) -> None:
    await prepare_server_role(knowledge_base_url)
    async with open_server_pool(knowledge_base_url) as pool:
        health = Health(pool, FollowingEmbedder(embedder, SentenceTransformerEmbedder), tmp_path / "gone")
        state = await health.check()
    assert not state.ready
    assert state.database == "ok"
    assert "cannot be written" in state.problems["disk"]


async def test_an_api_key_that_cannot_be_looked_up_is_answered_with_503_and_a_sentence(
    knowledge_base_url: str, embedder: SentenceTransformerEmbedder, serve: Serve
) -> None:
    await prepare_server_role(knowledge_base_url)
    async with create_pool(knowledge_base_url) as everything, everything.connection() as connection:
        _, secret = await create_api_key(connection, NewApiKey("test", "ann", ["kb:read"], None, None))
    async with FaultProxy(knowledge_base_url) as line:
        through = make_conninfo(knowledge_base_url, host="127.0.0.1", port=line.port)
        async with open_server_pool(through) as pool, httpx2.AsyncClient(timeout=60) as http:
            following = FollowingEmbedder(embedder, SentenceTransformerEmbedder)
            following.load()
            settings = McpServerSettings()  # pyright: ignore[reportCallIssue]
            health = Health(pool, following)
            auth = BearerVerifier(SecretStr(LOCAL_TOKEN), SecretStr(SIGNING_KEY), pool)
            mcp = create_server(
                settings, pool=pool, embedder=following, health=health, version="0.0.test", auth=auth
            )
            async with serve(http_app(mcp, settings, health.running)) as url:
                headers = ACCEPT | {"authorization": f"Bearer {secret}"}
                assert (await http.post(f"{url}/mcp", json=INITIALIZE, headers=headers)).status_code == 200
                line.cut()
                answer = await http.post(f"{url}/mcp", json=INITIALIZE, headers=headers)
                assert answer.status_code == 503
                assert "cannot be checked right now" in answer.json()["error"]
                assert answer.headers["retry-after"] == "30"
                line.mend()
