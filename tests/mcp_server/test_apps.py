"""Apps: who is told of them, who may read them, and what stands beside an answer for them."""

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from mcp import MCPError

from mcp_server.apps import APPS, Apps
from tests.mcp_server.app_host import HTML, announcing

if TYPE_CHECKING:
    from conftest import RunningServer

Sign = Callable[..., str]
OFFERED = {
    "search_documents": "ui://owflex/search.html",
    "read_chunks": "ui://owflex/passage.html",
    "list_tasks": "ui://owflex/tasks.html",
}
# Some hosts count a token as this many bytes of JSON.
BYTES_OF_A_TOKEN = 4


async def metas(client: Client[StreamableHttpTransport]) -> Mapping[str, Mapping[str, Any]]:
    async with client:
        return {tool.name: tool.meta or {} for tool in await client.list_tools()}


def of_apps(listed: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    told = {
        name: {key: value for key, value in meta.items() if key in ("ui", "ui/resourceUri")}
        for name, meta in listed.items()
    }
    return {name: meta for name, meta in told.items() if meta}


async def test_a_client_that_announces_apps_learns_which_tool_has_one(
    shared_server: "RunningServer", sign: Sign
) -> None:
    told = of_apps(await metas(announcing(shared_server.url, sign("ann"), HTML)))
    assert told == {name: {"ui": {"resourceUri": uri}} for name, uri in OFFERED.items()}


async def test_who_announces_none_or_others_is_told_nothing_whoever_came_before(
    shared_server: "RunningServer", sign: Sign
) -> None:
    await metas(announcing(shared_server.url, sign("ann"), HTML))
    for kinds in ((), ("text/uri-list",)):
        assert of_apps(await metas(announcing(shared_server.url, sign("ann"), *kinds))) == {}


async def test_older_clients_are_told_in_both_forms_for_few_tokens(
    shared_server: "RunningServer", sign: Sign
) -> None:
    told = of_apps(await metas(announcing(shared_server.url, sign("ann"), mode="legacy")))
    assert told == {
        name: {"ui": {"resourceUri": uri}, "ui/resourceUri": uri} for name, uri in OFFERED.items()
    }
    assert len(json.dumps(list(told.values()))) / BYTES_OF_A_TOKEN <= 150


async def test_a_page_asks_for_nothing_from_outside_and_is_not_listed(
    shared_server: "RunningServer", sign: Sign
) -> None:
    async with announcing(shared_server.url, sign("ann"), HTML) as client:
        assert not [one for one in await client.list_resources() if str(one.uri).startswith("ui:")]
        for uri in OFFERED.values():
            [page] = await client.read_resource(uri)
            assert page.mime_type == HTML
            assert page.meta == {
                "ui": {"csp": {"connectDomains": [], "resourceDomains": []}, "prefersBorder": True}
            }
            text = str(getattr(page, "text", ""))
            assert text.startswith("<!doctype html>")
            assert "default-src 'none'" in text
            for outside in ("src=", "<link", "@import", "url(http"):
                assert outside not in text.partition("<script>")[0]


async def test_a_page_is_for_those_who_may_call_its_tool(shared_server: "RunningServer", sign: Sign) -> None:
    async with announcing(shared_server.url, sign("ann", scope="kb:read"), HTML) as client:
        await client.read_resource(OFFERED["search_documents"])
        with pytest.raises(MCPError):
            await client.read_resource(OFFERED["list_tasks"])


async def test_the_words_that_matched_stand_beside_the_answer_for_those_who_mark_them(
    shared_server: "RunningServer", sign: Sign
) -> None:
    question = {"query": "How many vacation days are there?"}
    async with announcing(shared_server.url, sign("ann"), HTML) as client:
        shown = await client.call_tool("search_documents", question)
    async with announcing(shared_server.url, sign("ann")) as client:
        plain = await client.call_tool("search_documents", question)
    [hit] = (shown.structured_content or {})["results"]
    assert {"vacat", "day"} <= set((shown.meta or {})["owflex/matched"][str(hit["chunk_id"])])
    assert "owflex/matched" not in (plain.meta or {})
    # The text says all of it, for clients without apps.
    [text] = [part.text for part in plain.content if part.type == "text"]
    assert json.loads(text)["results"][0]["chunk_id"] == hit["chunk_id"]


def test_without_its_pages_the_server_offers_no_app_and_says_how_to_get_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "mcp_server.apps"):
        assert Apps.built(tmp_path).meta_of("search_documents") == {}
    assert "search.html" in caplog.text
    assert "python build_page.py" in caplog.text
    assert {app.tool for app in Apps.built().pages} == {app.tool for app in APPS} == set(OFFERED)
