"""The knowledge routes: over a real MCP server with a worker beside it, and over a small one."""

import json
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from agents.testing import ScriptedModel
from fastmcp import FastMCP
from fastmcp.server.dependencies import get_access_token
from pydantic import SecretStr

from agent_service.routes.knowledge.rights import may_upload
from agent_service.settings.settings import AgentServiceSettings
from database.pool import create_pool
from knowledge_base.access import open_server_pool, prepare_server_role
from knowledge_base.embedding import SentenceTransformerEmbedder
from knowledge_base.following_embedder import FollowingEmbedder
from mcp_server.app import http_app
from mcp_server.auth.callers import BearerVerifier
from mcp_server.health import Health
from mcp_server.server import create_server
from mcp_server.settings import McpServerSettings
from tests.agent_service.knowledge_client import Knowledge, a_worker, message_of
from tests.agent_service.small_files import docx
from tests.support.rights import open_to_everyone

if TYPE_CHECKING:
    from conftest import FakeKnowledge, OpenChat, Serve

SIGNING_KEY = "a-signing-key-for-tests-of-some-length"
NOTE = "# The archive\n\nThe keys of the archive hang in the blue box beside the door.\n"
HOLIDAYS = "# Holidays\n\nEverybody has 25 days of annual leave. Unused days expire in March.\n"


@pytest.fixture
async def mcp_url(
    knowledge_base_url: str, embedder: SentenceTransformerEmbedder, serve: "Serve"
) -> AsyncGenerator[str]:
    """The MCP server as it is shipped, over two empty collections to which everyone may add."""
    settings = McpServerSettings()  # pyright: ignore[reportCallIssue]
    await open_to_everyone(knowledge_base_url, "default", "notes")
    await prepare_server_role(knowledge_base_url)
    async with create_pool(knowledge_base_url) as keys, open_server_pool(knowledge_base_url) as pool:
        following = FollowingEmbedder(embedder, SentenceTransformerEmbedder)
        following.load()
        health = Health(pool, following)
        auth = BearerVerifier(SecretStr("a-local-token-nobody-uses-in-here"), SecretStr(SIGNING_KEY), keys)
        mcp = create_server(
            settings, pool=pool, embedder=following, health=health, version="0.0.test", auth=auth
        )
        async with serve(http_app(mcp, settings, health.running)) as url:
            yield f"{url}/mcp"


@pytest.fixture
async def knowledge_of(open_chat: "OpenChat") -> Any:
    """Opens the chat service with these settings; its knowledge routes."""

    async def open_knowledge(**settings: Any) -> Knowledge:
        chat = await open_chat(ScriptedModel([]), **settings)
        return Knowledge(chat.url, chat.http)

    return open_knowledge


@pytest.fixture
async def real(
    mcp_url: str, knowledge_base_url: str, embedder: SentenceTransformerEmbedder, knowledge_of: Any
) -> AsyncGenerator[Knowledge]:
    """The routes over the real MCP server, with a worker."""
    async with a_worker(knowledge_base_url, embedder):
        yield await knowledge_of(mcp_server_url=mcp_url)


async def test_a_file_is_added_listed_read_found_and_removed(real: Knowledge) -> None:
    document_id = await real.added("keys.md", NOTE)
    collections = (await real.get("collections")).json()["collections"]
    assert [(one["name"], one["documents"]) for one in collections if one["documents"]] == [("notes", 1)]

    documents = (await real.get("documents", collection="notes")).json()["documents"]
    assert [(one["document_id"], one["source"]) for one in documents] == [
        (document_id, "added-by/ann/keys.md")
    ]
    document = (await real.get(f"documents/{document_id}")).json()
    assert "blue box" in document["content"]
    assert document["next_position"] is None

    found = (await real.post("search", {"query": "Where are the keys of the archive?"})).json()
    hit = found["results"][0]
    assert hit["document_id"] == document_id
    assert hit["why"]["rank_vector"] == 1
    assert {"key", "archiv"} <= set(hit["why"]["matched_terms"])
    plain = (await real.post("search", {"query": "Where are the keys?", "explain": False})).json()
    assert "why" not in plain["results"][0]
    around = (await real.get(f"documents/{document_id}/chunks", around=hit["chunk_id"], count=3)).json()
    assert [chunk["chunk_id"] for chunk in around["chunks"]] == [hit["chunk_id"]]

    removed = await real.ended(await real.remove(document_id))
    assert (removed["status"], removed["outcome"]) == ("done", "removed")
    assert (await real.get(f"documents/{document_id}")).status_code == 404
    assert (await real.get("documents")).json()["documents"] == []


async def test_documents_are_listed_by_words_and_page_by_page(real: Knowledge) -> None:
    await real.added("keys.md", NOTE)
    await real.added("holidays.md", HOLIDAYS)
    first = (await real.get("documents", limit=1)).json()
    second = (await real.get("documents", limit=1, cursor=first["next_cursor"])).json()
    titles = [page["documents"][0]["title"] for page in (first, second)]
    assert titles == ["Holidays", "The archive"]
    assert second["next_cursor"] is None

    # One word of the title, one of the source, in any case and order.
    listed = (await real.get("documents", query="KEYS archive")).json()["documents"]
    assert [one["title"] for one in listed] == ["The archive"]
    assert (await real.get("documents", query="keys holidays")).json()["documents"] == []


async def test_binary_files_are_read_by_the_worker(real: Knowledge) -> None:
    content = docx("The boiler is serviced every October.")
    entry = await real.ended(await real.add("C:\\papers\\boiler.docx", content))
    assert (entry["status"], entry["source"]) == ("done", "added-by/ann/boiler.docx")
    found = (await real.post("search", {"query": "When is the boiler serviced?"})).json()
    assert "October" in found["results"][0]["content"]


async def test_a_file_that_cannot_be_read_says_why(real: Knowledge) -> None:
    entry = await real.ended(await real.add("broken.pdf", b"%PDF-1.7 nothing more"))
    assert entry["status"] == "failed"
    assert entry["reason"]


async def test_users_remove_only_what_they_added_themselves(real: Knowledge) -> None:
    document_id = await real.added("keys.md", NOTE)
    refused = await real.remove(document_id, "bob")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_yours")
    assert "another user" in message_of(refused)
    upload = (await real.add("more.md", b"More.")).json()["upload_id"]
    assert (await real.get(f"uploads/{upload}", "bob")).status_code == 404
    assert (await real.get(f"uploads/{upload}")).status_code == 200
    assert (await real.get(f"documents/{document_id}", "bob")).status_code == 200


async def test_readers_cannot_change_documents(mcp_url: str, knowledge_of: Any) -> None:
    editors = await knowledge_of(mcp_server_url=mcp_url, knowledge_editors="ann")
    rights = {"uploads": True, "max_bytes": 3_000_000, "own_collection": True}
    assert (await editors.get("rights")).json() == rights
    assert (await editors.get("rights", "local")).json()["own_collection"] is False
    assert (await editors.get("rights", "bob")).json()["uploads"] is False
    for refused in (
        await editors.add("keys.md", NOTE.encode(), "bob"),
        await editors.post("documents", {"url": "https://example.org/"}, "bob"),
        await editors.remove(1, "bob"),
        await editors.get("uploads/1", "bob"),
    ):
        assert refused.status_code == 403
        assert "read the documents" in message_of(refused)
    assert (await editors.get("documents", "bob")).json()["documents"] == []


async def test_nobody_changes_documents_where_uploads_are_off(mcp_url: str, knowledge_of: Any) -> None:
    closed = await knowledge_of(mcp_server_url=mcp_url, knowledge_uploads=False, knowledge_editors="*")
    refused = await closed.add("keys.md", NOTE.encode())
    assert refused.status_code == 403
    assert "KNOWLEDGE_UPLOADS=true" in message_of(refused)
    config = (await closed.http.get(f"{closed.url}/config.json")).json()
    assert config["knowledge"] == {"view": True, "uploads": False}


async def test_what_waits_for_a_worker_is_said_at_once(mcp_url: str, knowledge_of: Any) -> None:
    waiting = await knowledge_of(mcp_server_url=mcp_url)
    answer = await waiting.add("keys.md", NOTE.encode())
    assert (answer.status_code, answer.json()["status"]) == (200, "waiting")
    largest = await waiting.add("large.txt", b"x" * 3_000_000)
    assert (largest.status_code, largest.json()["status"]) == (200, "waiting")


async def test_what_is_not_there_is_said_so(real: Knowledge) -> None:
    document_id = await real.added("keys.md", NOTE)
    other = await real.added("holidays.md", HOLIDAYS)
    hit = (await real.post("search", {"query": "annual leave"})).json()["results"][0]
    assert hit["document_id"] == other
    for path in (
        "documents/9999",
        "documents/abc",
        f"documents/{2**63}",
        f"documents/{document_id}/chunks?around=9999",
        f"documents/{document_id}/chunks?around={hit['chunk_id']}",
        "uploads/9999",
        "evaluations/nothing",
        "evaluations/..%2Fsecret",
    ):
        answer = await real.get(path)
        assert answer.status_code == 404, path
    assert "list_documents" not in (await real.get("documents/9999")).text


@pytest.mark.parametrize(
    "params",
    [{"limit": "many"}, {"limit": "1000"}, {"cursor": "nonsense"}, {"sort": "colour"}, {"limit": "9" * 30}],
)
async def test_wrong_arguments_are_refused_with_a_sentence(
    mcp_url: str, knowledge_of: Any, params: Mapping[str, str]
) -> None:
    knowledge = await knowledge_of(mcp_server_url=mcp_url)
    answer = await knowledge.get("documents", **params)
    assert answer.status_code == 422
    assert message_of(answer)


@pytest.mark.parametrize(
    "wrong",
    [{}, {"query": ""}, {"query": "x" * 6001}, {"query": "x", "more": 1}, {"query": "x", "limit": 0}, ["x"]],
)
async def test_a_wrong_search_is_refused(knowledge_of: Any, wrong: Any) -> None:
    answer = await (await knowledge_of()).post("search", wrong)
    assert (answer.status_code, "min_similarity" in message_of(answer)) == (422, True)


async def test_pages_of_other_origins_and_forms_are_refused(knowledge_of: Any) -> None:
    knowledge = await knowledge_of()
    foreign = {"origin": "https://evil.example"}
    assert (await knowledge.add("a.md", b"x", **foreign)).status_code == 403
    assert (await knowledge.post("search", {"query": "x"}, **foreign)).status_code == 403
    url = f"{knowledge.url}/knowledge/documents/1"
    assert (await knowledge.http.delete(url, headers=foreign)).status_code == 403
    for path in ("documents", "search"):
        plain = await knowledge.http.post(
            f"{knowledge.url}/knowledge/{path}",
            content=json.dumps({"query": "x", "url": "https://example.org"}),
            headers={"content-type": "text/plain"},
        )
        assert plain.status_code == 415


async def test_uploads_are_bounded_and_need_a_file(knowledge_of: Any) -> None:
    knowledge = await knowledge_of()
    too_large = await knowledge.add("a.md", b"x" * 3_000_001)
    assert (too_large.status_code, too_large.json()["error"]["code"]) == (413, "too_large")
    assert (await knowledge.add("a.md", b"")).status_code == 422
    for wrong in ({}, {"url": "ftp://example.org"}, {"url": "https://example.org", "collection": ""}):
        assert (await knowledge.post("documents", wrong)).status_code == 422


async def test_the_token_may_write_only_where_something_is_written(knowledge_of: Any, serve: "Serve") -> None:
    scopes: dict[str, list[str]] = {}
    mcp = FastMCP(auth=BearerVerifier(SecretStr("a-local-token-nobody-uses-in-here"), SecretStr(SIGNING_KEY)))

    def tool(name: str) -> None:
        async def note(upload_id: int = 0) -> dict[str, Any]:
            token = get_access_token()
            scopes[name] = token.scopes if token else []
            return {"name": name}

        mcp.tool(note, name=name)

    for name in ("list_collections", "get_upload"):
        tool(name)
    async with serve(mcp.http_app(path="/mcp", stateless_http=True)) as url:
        routes = await knowledge_of(mcp_server_url=f"{url}/mcp")
        await routes.get("collections")
        await routes.get("uploads/1")
    assert scopes == {"list_collections": ["kb:read", "tasks"], "get_upload": ["kb:read", "kb:write"]}


async def test_an_mcp_server_that_is_away_or_fails_is_said_in_plain_words(
    knowledge_of: Any, knowledge: "FakeKnowledge"
) -> None:
    away = await knowledge_of(mcp_server_url="http://127.0.0.1:9/mcp")
    answer = await away.get("collections")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert "Your message" not in message_of(answer)

    other = await knowledge_of()
    assert (await other.get("collections")).status_code == 501
    knowledge.search_error = "The knowledge base cannot be reached right now. Try again in a minute."
    assert (await other.post("search", {"query": "x", "explain": False})).status_code == 503
    knowledge.search_error = "This took too long and was stopped."
    assert (await other.post("search", {"query": "x", "explain": False})).status_code == 504


async def test_a_tool_that_hangs_is_given_up(knowledge_of: Any, knowledge: "FakeKnowledge") -> None:
    knowledge.hangs = True
    impatient = await knowledge_of(mcp_session_timeout_seconds=0.3)
    answer = await impatient.post("search", {"query": "x", "limit": 5, "explain": False})
    assert answer.status_code in (503, 504)


async def test_many_requests_have_to_wait(knowledge_of: Any) -> None:
    limited = await knowledge_of(knowledge_rate_limit_per_minute=2)
    codes = [(await limited.get("rights")).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    refused = await limited.get("rights")
    assert int(refused.headers["retry-after"]) >= 1
    assert (await limited.get("rights", "bob")).status_code == 200


async def test_without_the_view_there_are_no_routes(knowledge_of: Any) -> None:
    without = await knowledge_of(knowledge_view=False)
    assert (await without.get("collections")).status_code == 404
    config = (await without.http.get(f"{without.url}/config.json")).json()
    assert config["knowledge"] == {"view": False, "uploads": False}


async def test_evaluations_are_shown_the_newest_first(knowledge_of: Any, tmp_path: Path) -> None:
    for day in range(25):
        report = {"measured_at": f"2026-11-{day + 1:02}", "mode": "hybrid", "curves": [1, 2]}
        (tmp_path / f"2026-11-{day + 1:02}.json").write_text(json.dumps(report))
    (tmp_path / "2027-broken.json").write_text("{")
    (tmp_path / "2027-large.json").write_text('{"a": "' + "x" * 1_000_000 + '"}')
    knowledge = await knowledge_of(evaluation_reports=tmp_path)
    listed = (await knowledge.get("evaluations")).json()["evaluations"]
    assert (listed[0]["name"], listed[0]["mode"], "curves" in listed[0]) == ("2026-11-25", "hybrid", False)
    assert len(listed) <= 20
    assert (await knowledge.get("evaluations/2026-11-25")).json()["curves"] == [1, 2]
    assert (await knowledge.get("evaluations/2027-broken")).status_code == 404


@pytest.mark.parametrize(
    ("settings", "uploads"),
    [
        ({}, True),
        ({"agent_service_host": "192.0.2.1"}, False),
        ({"agent_service_host": "192.0.2.1", "knowledge_uploads": True}, True),
        ({"agent_service_auth": "proxy"}, False),
        ({"agent_service_auth": "proxy", "knowledge_uploads": True}, False),
        ({"agent_service_auth": "proxy", "knowledge_uploads": True, "knowledge_editors": "eve, ann"}, True),
        ({"agent_service_auth": "proxy", "knowledge_uploads": True, "knowledge_editors": "*"}, True),
        ({"agent_service_auth": "proxy", "knowledge_editors": "ann"}, False),
        ({"agent_service_auth": "proxy", "knowledge_uploads": True, "knowledge_editors": "eve"}, False),
    ],
)
def test_who_may_upload_follows_the_settings(settings: dict[str, Any], uploads: bool) -> None:
    assert may_upload(AgentServiceSettings(**settings), "proxy:ann") is uploads
