"""What dies is started again, whatever it is, and nothing that was kept is lost."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from owflex.supervision.running import asked
from owflex.supervision.supervisor import ProgramState
from tests.support.patience import PATIENCE_SECONDS

if TYPE_CHECKING:
    from conftest import Installation


def programs(home: Path) -> dict[str, ProgramState]:
    """How `owflex up` says that its programs are."""
    state = asked(home)
    assert state is not None
    return {one.name: one for one in state.programs}


def wait_for(is_so: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < give_up
        time.sleep(0.1)


def command(installation: "Installation", *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "owflex", *arguments],
        cwd=installation.home.parent,
        env=installation.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def kill(installation: "Installation", name: str) -> None:
    """End a program by SIGKILL, and wait until all is ready again."""
    killed = programs(installation.home)[name].pid
    assert killed is not None
    psutil.Process(killed).send_signal(signal.SIGKILL)

    def is_back() -> bool:
        now = programs(installation.home)[name]
        return now.state == "running" and now.pid != killed

    wait_for(is_back)
    installation.wait_until_ready()


@pytest.mark.parametrize("name", ["worker", "mcp", "postgres", "chat"])
async def test_what_is_killed_is_back_by_itself_and_nothing_is_lost(
    running_installation: "Installation", name: str
) -> None:
    home = running_installation.home
    wait_for(lambda: programs(home)["documents"].state == "done")
    async with running_installation.mcp_client() as client:
        await client.call_tool("add_task", {"title": f"before {name} died", "idempotency_key": name})
    before = programs(home)
    kill(running_installation, name)
    after = programs(home)
    assert after[name].restarts == before[name].restarts + 1
    assert [one for one in after if after[one].pid != before[one].pid] == [name]
    answer = running_installation.ask("How many days of paid holiday do I have?")
    assert "28 days of paid holiday" in answer.text
    async with running_installation.mcp_client() as client:
        again = await client.call_tool("add_task", {"title": f"before {name} died", "idempotency_key": name})
        assert again.data.repeated
        text = f"# After {name}\n\nThe spare key for the {name} is in drawer 14."
        added = (await client.call_tool("add_document", {"name": f"After {name}", "text": text})).data
        while added.status in ("waiting", "working"):
            added = (await client.call_tool("get_upload", {"upload_id": added.upload_id})).data
    assert added.outcome == "added"


def test_a_second_start_says_where_it_runs_and_starts_nothing(running_installation: "Installation") -> None:
    before = {name: one.pid for name, one in programs(running_installation.home).items()}
    second = command(running_installation, "up", "--docs", str(running_installation.home.parent))
    assert second.returncode == 0
    assert running_installation.chat_url in second.stdout
    assert "nothing was started" in second.stdout
    assert "owflex ingest sync" in second.stdout
    assert {name: one.pid for name, one in programs(running_installation.home).items()} == before


# tests/owflex/test_supervising.py holds what is said of a program that was killed.
@pytest.mark.slow
def test_what_happened_stands_in_the_logs(running_installation: "Installation") -> None:
    kill(running_installation, "mcp")
    kill(running_installation, "postgres")
    shown = command(running_installation, "logs", "owflex", "chat")
    assert "The MCP server was ended by SIGKILL. It is started again." in shown.stdout
    assert "The MCP server answers again after" in shown.stdout
    assert "Postgres runs again" in shown.stdout
    assert "The chat answers at" in shown.stdout
