"""The promises of the README, each kept by the real programs."""

import signal
import socket
import sys
from typing import TYPE_CHECKING

import psutil
import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from playwright.async_api import expect

from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from conftest import Installation


async def test_documents_are_answered_with_citations_tasks_are_shared_and_a_restart_loses_nothing(
    installation: "Installation",
) -> None:
    everything = installation.up()

    first = installation.ask("How many days of paid holiday do I have?")
    assert "28 days of paid holiday" in first.text
    assert first.sources[0]["title"] == "Holidays"
    assert first.sources[0]["data"]["source"] == "documents/holidays.md"
    assert "28 days" in first.sources[0]["data"]["passage"]

    second = installation.ask("What do I do when the printer shows error E-52?", first.thread_id)
    assert "open the rear flap" in second.text
    assert second.sources[0]["title"] == "The office printer"
    assert second.item is not None
    assert first.item is not None
    assert second.item["id"] != first.item["id"]

    unknown = installation.ask("What is the capital of Mongolia?", first.thread_id)
    assert "nothing" in unknown.text
    assert unknown.sources == []

    installation.ask("Add a task to clean the coffee machine by 2031-05-02")
    async with installation.mcp_client() as client:
        tasks = (await client.call_tool("list_tasks")).data.tasks
    assert [(task.title, str(task.due_on)) for task in tasks] == [("Clean the coffee machine", "2031-05-02")]

    before = installation.request("items.list", thread_id=first.thread_id, limit=100, order="asc")
    assert [item["type"] for item in before["data"] if item["type"].endswith("message")] == [
        "user_message",
        "assistant_message",
    ] * 3
    assert "Everything has stopped" in installation.stop(everything)
    assert installation.leftovers() == []

    again = installation.up()
    after = installation.request("items.list", thread_id=first.thread_id, limit=100, order="asc")
    assert after == before
    assert len(installation.request("threads.list", limit=9999, order="desc")["data"]) == 2
    done = installation.ask("mark clean the coffee machine as done")
    assert "Done" in done.text
    async with installation.mcp_client() as client:
        assert (await client.call_tool("list_tasks")).data.total == 0
    output = installation.stop(again)
    unchanged = [line for line in output.splitlines() if line.startswith("│ 0 ")]
    assert [cell.strip() for cell in unchanged[0].strip("│").split("│")][:5] == ["0", "0", "0", "0", "3"]


# The page over a real server is held by tests/web, the real chat under it by tests/agent_service.
@pytest.mark.slow
@pytest.mark.browser
async def test_a_question_typed_in_the_page_is_answered_with_a_passage_to_open(
    running_installation: "Installation", browser: LentBrowser
) -> None:
    page = await browser.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request", lambda request: complaints.append(request.url) if "127.0.0.1" not in request.url else None
    )
    await page.goto(running_installation.chat_url)
    for count, question in enumerate(
        ["When is the coffee machine cleaned?", "How do I ask for holidays?"], 1
    ):
        await page.get_by_role("textbox").fill(question)
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Copy answer").nth(count - 1).wait_for()
    await expect(page.locator(".answer").first).to_contain_text("cleaned every Friday")
    await expect(page.locator(".answer").last).to_contain_text("Send the dates to your team lead")
    await page.locator(".answer").first.get_by_role("button", name="Source 1").click()
    await expect(page.locator("owflex-passage")).to_contain_text(
        "The cleaning tablets are in the left drawer."
    )
    await page.reload()
    await expect(page.locator(".answer").last).to_contain_text("Send the dates to your team lead")
    assert complaints == []


# tests/mcp_server/test_writing.py adds, finds and removes one with the real server and worker.
@pytest.mark.slow
async def test_a_document_that_a_client_adds_is_answered_from_until_it_is_removed(
    running_installation: "Installation",
) -> None:
    text = "# Bicycles\n\nBicycles are kept in the cellar of the east wing, behind the green door."
    async with running_installation.mcp_client() as client:
        added = (await client.call_tool("add_document", {"name": "Bicycles", "text": text})).data
        while added.status in ("waiting", "working"):
            added = (await client.call_tool("get_upload", {"upload_id": added.upload_id})).data
        assert (added.outcome, added.source) == ("added", "added-by/local/Bicycles")
        answer = running_installation.ask("Where are bicycles kept?")
        assert "cellar of the east wing" in answer.text
        assert answer.sources[0]["data"]["source"] == "added-by/local/Bicycles"
        removed = await client.call_tool("remove_document", {"document_id": added.document_ids[0]})
        assert removed.data.outcome == "removed"
    assert running_installation.ask("Where are bicycles kept?").sources == []


# Each alone: test_command.py of tests/ingest, test_process.py of tests/agent_service, test_stopping.py of
# tests/mcp_server; a chat without its MCP server: tests/agent_service/test_turns.py.
@pytest.mark.slow
async def test_the_programs_start_alone_and_the_chat_outlives_the_mcp_server(
    installation: "Installation",
) -> None:
    ingested = installation.start("ingest", str(installation.home.parent))
    assert "No file of a known type" in ingested.communicate(timeout=60)[0]
    installation.processes.remove(ingested)
    installation.start("agent_service")
    server = installation.start("mcp_server")
    installation.wait_until_ready()
    assert "knowledge base is empty" in installation.ask("How many holidays do I have?").text

    installation.stop(server, signal.SIGTERM)
    down = installation.ask("show my tasks")
    assert down.item is None
    assert down.error is not None
    assert down.error["allow_retry"] is True
    assert down.error["message"].endswith(".")
    assert "Traceback" not in down.error["message"]

    installation.start("mcp_server")
    installation.wait_until_ready()
    assert "no open tasks" in installation.ask("show my tasks", down.thread_id).text.lower()


# tests/mcp_server/test_clients.py starts the server so with three clients; here it converts the model, too.
@pytest.mark.slow
async def test_a_desktop_client_starts_the_server_over_stdio(installation: "Installation") -> None:
    # The first search waits for the model, which a new data folder has not converted yet.
    patient = installation.environment | {"TOOL_TIMEOUT_SECONDS": "120"}
    transport = StdioTransport(sys.executable, ["-m", "owflex", "mcp", "--transport", "stdio"], env=patient)
    async with Client(transport) as client:
        assert len(await client.list_tools()) == 14
        await client.call_tool("add_task", {"title": "from the desktop"})
        listed = await client.call_tool("list_tasks")
        found = await client.call_tool("search_documents", {"query": "anything"})
    assert [task.title for task in listed.data.tasks] == ["from the desktop"]
    assert "owflex ingest" in found.data.hint


def test_killing_the_supervisor_leaves_no_process_behind(installation: "Installation") -> None:
    everything = installation.up()
    ours = [process for process in psutil.process_iter() if installation.is_ours(process)]
    children = psutil.Process(everything.pid).children(recursive=True)
    installation.stop(everything, signal.SIGKILL)
    _, alive = psutil.wait_procs([*children, *ours], timeout=60)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_a_taken_port_is_one_sentence_that_names_the_setting(installation: "Installation") -> None:
    with socket.create_server(("127.0.0.1", installation.chat_port)):
        refused = installation.start("owflex", "up")
        output, _ = refused.communicate(timeout=60)
    assert refused.returncode == 1
    assert "AGENT_SERVICE_PORT" in output
    assert "Traceback" not in output
    installation.processes.remove(refused)


def test_a_damaged_data_folder_is_one_message_with_the_cure(installation: "Installation") -> None:
    pgdata = installation.home / "postgres"
    pgdata.mkdir(parents=True, mode=0o700)
    (pgdata / "PG_VERSION").write_text("18\n")
    refused = installation.start("owflex", "up")
    output, _ = refused.communicate(timeout=120)
    installation.processes.remove(refused)
    assert refused.returncode == 1
    assert "restore it from a backup" in " ".join(output.split())
    assert "Traceback" not in output


def test_a_data_folder_that_is_a_file_is_one_sentence_with_the_cure(installation: "Installation") -> None:
    installation.home = installation.home.with_name("file")
    installation.home.write_text("not a folder")
    for module, arguments in (
        ("owflex", ["up"]),
        ("mcp_server", []),
        ("agent_service", []),
        ("ingest", ["."]),
    ):
        refused = installation.start(module, *arguments)
        output, _ = refused.communicate(timeout=60)
        installation.processes.remove(refused)
        assert refused.returncode == 1, module
        assert "OWFLEX_HOME" in output, module
        assert "Traceback" not in output, module
    installation.home.unlink()
