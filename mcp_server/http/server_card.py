"""How clients find the server: its card (SEP-2127) beside its address, and the catalog of this host.

Both say only what everybody may know: a name, a version and the address. What tools there are a client asks
for once it is connected and let in.
"""

from typing import Any
from urllib.parse import urlsplit

from fastmcp import FastMCP
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mcp_server.http.numeric_hosts import ASKED_AT

CARD_TYPE = "application/mcp-server-card+json"
CARD_SCHEMA = "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json"
CARD = "/mcp/server-card"
# Where some look without a catalog.
WELL_KNOWN_CARD = "/.well-known/mcp/server-card.json"
CATALOG = "/.well-known/mcp/catalog.json"
# Public, and for pages of any origin, as the extension demands it.
HEADERS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET",
    "access-control-allow-headers": "Content-Type",
    "cache-control": "public, max-age=3600",
}
# At most 100 characters.
DESCRIPTION = "Search and read the documents of a knowledge base with citations, and keep tasks."


def server_card(address: str, version: str) -> dict[str, Any]:
    """The card of the server at `address`, such as https://kb.example.com, without /mcp."""
    publisher = ".".join(reversed(_host(address).split(".")))
    return {
        "$schema": CARD_SCHEMA,
        "name": f"{publisher}/owflex",
        "title": "OwFlex",
        "description": DESCRIPTION,
        "version": version,
        "remotes": [{"type": "streamable-http", "url": f"{address}/mcp"}],
    }


def catalog(address: str) -> dict[str, Any]:
    """The catalog of the host, which names this one server."""
    entry = {
        "identifier": f"urn:air:{_host(address)}:owflex",
        "displayName": "OwFlex",
        "type": CARD_TYPE,
        "url": f"{address}{CARD}",
    }
    return {"specVersion": "draft", "entries": [entry]}


def add_discovery_routes(server: FastMCP, public_url: str | None, version: str) -> None:
    """Add the pages; they need no token. Without `public_url` they name the address they were asked at, whose
    host was checked before.
    """

    def address_of(request: Request) -> str:
        host = request.scope.get(ASKED_AT, request.url.netloc)
        return (public_url or f"{request.url.scheme}://{host}").rstrip("/")

    async def say_card(request: Request) -> Response:
        card = server_card(address_of(request), version)
        return JSONResponse(card, media_type=CARD_TYPE, headers=HEADERS)

    async def say_catalog(request: Request) -> Response:
        return JSONResponse(catalog(address_of(request)), headers=HEADERS)

    server.custom_route(CARD, methods=["GET"])(say_card)
    server.custom_route(WELL_KNOWN_CARD, methods=["GET"])(say_card)
    server.custom_route(CATALOG, methods=["GET"])(say_catalog)


def _host(address: str) -> str:
    return urlsplit(address).hostname or "localhost"
