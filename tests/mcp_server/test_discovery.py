"""How clients and listings find the server: its card, the catalog of the host, and server.json."""

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from mcp_server.http.server_card import CARD, CARD_TYPE, CATALOG, DESCRIPTION, WELL_KNOWN_CARD, server_card

if TYPE_CHECKING:
    from conftest import RunningServer

ROOT = Path(__file__).parents[2]
REVERSE_DNS = re.compile(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+")


async def test_a_client_that_knows_only_the_host_finds_the_server(server: "RunningServer") -> None:
    async with httpx2.AsyncClient(base_url=server.url) as http:
        [entry] = (await http.get(CATALOG)).json()["entries"]
        assert entry["type"] == CARD_TYPE
        assert entry["url"] == f"{server.url}{CARD}"
        beside = await http.get(entry["url"])
        known = await http.get(WELL_KNOWN_CARD)
        elsewhere = await http.get(CATALOG, headers={"host": "evil.example"})
    assert "evil.example" not in elsewhere.text
    assert beside.headers["content-type"] == CARD_TYPE
    assert beside.headers["access-control-allow-origin"] == "*"
    card = beside.json()
    assert card == known.json()
    assert REVERSE_DNS.fullmatch(card["name"])
    [remote] = card["remotes"]
    assert remote["type"] == "streamable-http"
    assert remote["url"].endswith("/mcp")
    async with server.client() as client:
        told = client.server_info
        assert told is not None
        assert (told.name, told.version) == (card["title"], card["version"])
        assert told.icons


@pytest.mark.parametrize(
    ("address", "name"),
    [("https://kb.example.com", "com.example.kb/owflex"), ("http://127.0.0.1:8001", "1.0.0.127/owflex")],
)
def test_the_card_is_named_after_the_address(address: str, name: str) -> None:
    card = server_card(address, "1.2.3")
    assert (card["name"], card["remotes"][0]["url"]) == (name, f"{address}/mcp")


def test_what_the_registry_reads_fits_the_package() -> None:
    listed = json.loads((ROOT / "server.json").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    [package] = listed["packages"]
    assert {listed["version"], package["version"]} == {project["version"]}
    assert package["identifier"] == project["name"]
    assert listed["description"] == DESCRIPTION
    assert len(DESCRIPTION) <= 100
    assert REVERSE_DNS.fullmatch(listed["name"])
    # The registry looks for this line in the README that is published with the package.
    assert f"<!-- mcp-name: {listed['name']} -->" in (ROOT / "README.md").read_text(encoding="utf-8")
    words = [argument.get("name", "") or argument["value"] for argument in package["packageArguments"]]
    assert words == ["mcp", "--transport"]
