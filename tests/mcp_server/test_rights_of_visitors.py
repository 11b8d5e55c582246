"""Visitors of a site read the site's collections by the site's rights, and nothing else."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from knowledge_base.rights import Subject, grant, revoke
from tests.support.rights import open_to_everyone

if TYPE_CHECKING:
    from conftest import RunningServer

VISITOR = f"visitor:shop:{'0' * 32}"
WHOLE: dict[str, Any] = {"scope": "kb:read", "collections": ["help"], "rights_of": "site:shop"}
SHOP = Subject("user", "site:shop")


@pytest.fixture(autouse=True)
async def collections(knowledge_base_url: str) -> None:
    """One that everyone reads, one for the site alone, one for a person, one for another site."""
    await open_to_everyone(knowledge_base_url, "news", right="read")
    async with await psycopg.AsyncConnection.connect(knowledge_base_url) as connection:
        for name, subject in (
            ("help", SHOP),
            ("hr", Subject("user", "ann")),
            ("blog", Subject("user", "site:blog")),
        ):
            await grant(connection, name, subject, "read", make=True)


async def seen(server: "RunningServer", token: str) -> list[tuple[str, str]]:
    """The collections that are listed, and what may be done in them."""
    async with server.client(token) as client:
        listed = await client.call_tool("list_collections", {})
    return [(one.name, one.right) for one in listed.data.collections]


async def test_a_visitor_reads_the_collections_of_the_site_and_no_others(
    server: "RunningServer", sign: Callable[..., str], knowledge_base_url: str
) -> None:
    assert await seen(server, sign(VISITOR, **WHOLE)) == [("help", "read")]
    # What the token names beyond the rights stays closed, and what everyone reads beyond the token.
    named = ["help", "hr", "blog", "missing"]
    assert await seen(server, sign(VISITOR, **(WHOLE | {"collections": named}))) == [("help", "read")]
    assert await seen(server, sign(VISITOR, **(WHOLE | {"collections": []}))) == []
    async with server.client(sign(VISITOR, **WHOLE)) as client:
        tools = {tool.name for tool in await client.list_tools()}
        assert "search_documents" in tools
        assert not tools & {"add_document", "remove_document", "add_task", "list_tasks", "list_groups"}
    async with await psycopg.AsyncConnection.connect(knowledge_base_url) as connection:
        await revoke(connection, "help", SHOP)
    assert await seen(server, sign(VISITOR, **WHOLE)) == []


NOT_WHOLE: list[tuple[str, dict[str, Any]]] = [
    (VISITOR, {"rights_of": None}),
    (VISITOR, {"rights_of": "site:blog"}),
    (VISITOR, {"rights_of": "ann"}),
    (VISITOR, {"rights_of": ["site:shop"]}),
    (VISITOR, {"collections": None}),
    (VISITOR, {"collections": "help"}),
    (VISITOR, {"scope": "kb:read tasks"}),
    (VISITOR, {"scope": "kb:read admin"}),
    (VISITOR, {"scope": None}),
    ("visitor:shop", {}),
    ("visitor:shop:1", {}),
    (VISITOR.replace("shop", "Shop"), {"rights_of": "site:Shop"}),
    ("ann", {}),
    ("local", {}),
    ("site:shop", {}),
]


async def test_a_visitors_token_that_is_not_whole_opens_nothing(
    server: "RunningServer", sign: Callable[..., str]
) -> None:
    for subject, changed in NOT_WHOLE:
        token = sign(subject, **(WHOLE | changed))
        assert (await server.knock(authorization=f"Bearer {token}")).status_code == 401, (subject, changed)
    whole = sign(VISITOR, **WHOLE)
    assert (await server.knock(authorization=f"Bearer {whole}")).status_code == 200
