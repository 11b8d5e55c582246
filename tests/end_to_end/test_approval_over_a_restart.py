"""Search, tasks and an approval with the real programs; only the language model follows a script."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import pytest
from starlette.types import ASGIApp

from tests.agent_service.scripted_provider import ScriptedProvider, call, say
from tests.end_to_end.conftest import DOCUMENTS

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.timeout(600)
Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]
QUESTION = "How many days of paid holiday do I have?"
SEARCH = call("search_documents", "call_1", query=QUESTION)


def action_in(card: dict[str, Any], kind: str) -> dict[str, Any]:
    """The action of this kind on a card."""
    found = [part for part in _parts(card["widget"]) if part.get("type") == kind]
    assert found, json.dumps(card)
    return found[0]


def _parts(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [part for entry in value for part in _parts(entry)]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(value, dict):
        return []
    return [value, *(part for entry in value.values() for part in _parts(entry))]  # pyright: ignore[reportUnknownVariableType]


def started(installation: "Installation") -> "subprocess.Popen[str]":
    """The chat's process, once the documents are in and both servers are ready."""
    ingesting = installation.start("ingest", "add", str(DOCUMENTS))
    output, _ = ingesting.communicate(timeout=240)
    assert ingesting.returncode == 0, output
    installation.processes.remove(ingesting)
    installation.start("mcp_server")
    chat = installation.start("agent_service")
    installation.wait_until_ready()
    return chat


@pytest.mark.slow
async def test_a_citation_a_task_a_tick_and_a_deletion_approved_after_a_restart(
    installation: "Installation", serve: Serve
) -> None:
    provider = ScriptedProvider([say("Nothing yet.")])
    async with serve(provider) as url:
        installation.settings = {"OPENAI_BASE_URL": f"{url}/v1", "MODEL_NAME": "scripted"}
        chat = await asyncio.to_thread(started, installation)
        async with installation.mcp_client() as client:
            found = await client.call_tool("search_documents", {"query": QUESTION})
        assert found.structured_content is not None
        chunk_id = found.structured_content["results"][0]["chunk_id"]

        provider.steps = [SEARCH, say(f"You have 28 days. [[{chunk_id}]]")]
        cited = await asyncio.to_thread(installation.ask, QUESTION)
        assert cited.text == "You have 28 days."
        assert [source["title"] for source in cited.sources] == ["Holidays"]

        provider.steps = [call("add_task", "call_2", title="Book the holiday"), say("Added.")]
        added = await asyncio.to_thread(installation.ask, "Remind me to book it", cited.thread_id)
        tick = action_in(added.card, "task.complete")
        card = await asyncio.to_thread(installation.click, cited.thread_id, added.card["id"], tick)
        assert action_in(card.card, "task.reopen")["payload"] == tick["payload"]

        task_id = tick["payload"]["task_id"]
        provider.steps = [SEARCH, call("delete_task", "call_3", task_id=task_id)]
        asked = await asyncio.to_thread(installation.ask, "Delete that task", cited.thread_id)
        approve = action_in(asked.card, "approval.approve")
        await asyncio.to_thread(installation.stop, chat)
        chat = installation.start("agent_service")
        await asyncio.to_thread(installation.wait_until_ready)

        provider.steps = [say(f"Deleted. You still have 28 days. [[{chunk_id}]]")]
        done = await asyncio.to_thread(installation.click, cited.thread_id, asked.card["id"], approve)
        assert done.error is None, await asyncio.to_thread(installation.stop, chat)
        assert done.text == "Deleted. You still have 28 days."
        assert [source["title"] for source in done.sources] == ["Holidays"]
        async with installation.mcp_client() as client:
            left = await client.call_tool("list_tasks", {"status": "all"})
        assert left.structured_content is not None
        assert left.structured_content["tasks"] == []
