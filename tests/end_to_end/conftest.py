"""The whole product in processes of its own, with a data folder and ports of its own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport

from tests.support.ports import free_port

DOCUMENTS = Path(__file__).parent / "documents"
COUNT = len(list(DOCUMENTS.iterdir()))
PATIENCE_SECONDS = 90
NO_OPTIONS: dict[str, str] = {}


@dataclass(frozen=True)
class Answer:
    """What the chat said: the assistant's item, or the error that came instead."""

    thread_id: str
    item: dict[str, Any] | None
    error: dict[str, Any] | None
    widget: dict[str, Any] | None = None

    @property
    def card(self) -> dict[str, Any]:
        """The last card, new or in another's place."""
        assert self.widget is not None, self.error
        return self.widget

    @property
    def text(self) -> str:
        """The answer's text."""
        assert self.item is not None, self.error
        return self.item["content"][0]["text"]

    @property
    def sources(self) -> list[dict[str, Any]]:
        """What the answer cites."""
        assert self.item is not None, self.error
        return [annotation["source"] for annotation in self.item["content"][0]["annotations"]]


@dataclass
class Installation:
    """A data folder, two ports and the processes that were started with them, perhaps with `settings`."""

    home: Path
    chat_port: int
    mcp_port: int
    processes: list["subprocess.Popen[str]"] = field(default_factory=list["subprocess.Popen[str]"])
    settings: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def chat_url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.chat_port}"

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the tester's own settings: no key, no URL."""
        kept = {
            name: value for name, value in os.environ.items() if not name.endswith(("_KEY", "_URL", "_MODEL"))
        }
        return kept | {
            "OWFLEX_HOME": str(self.home),
            "AGENT_SERVICE_PORT": str(self.chat_port),
            "MCP_SERVER_PORT": str(self.mcp_port),
            "HF_HUB_OFFLINE": "1",
            **self.settings,
        }

    def start(self, module: str, *arguments: str) -> "subprocess.Popen[str]":
        """Start `python -m module` in a folder without a `.env`."""
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=self.home.parent,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def up(self) -> "subprocess.Popen[str]":
        """Start everything with the test documents and wait until it is ready."""
        process = self.start("owflex", "up", "--docs", str(DOCUMENTS))
        self.wait_until_ready()
        # It answers from what is in so far, while the rest is still coming.
        self._wait(f"{self.chat_url}/knowledge/documents", lambda body: len(body["documents"]) == COUNT)
        return process

    def wait_until_ready(self) -> None:
        """Return when the chat says that it and the MCP server are ready."""
        self._wait(f"{self.chat_url}/ready")
        self._wait(f"http://127.0.0.1:{self.mcp_port}/ready")

    def stop(self, process: "subprocess.Popen[str]", number: int = signal.SIGINT) -> str:
        """End a process as Ctrl+C does; returns what it printed."""
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
        self.processes.remove(process)
        return output

    def ask(self, text: str, thread_id: str | None = None) -> Answer:
        """Send a message as the page does and read the events to their end."""
        content = [{"type": "input_text", "text": text}]
        message: dict[str, Any] = {"content": content, "attachments": [], "inference_options": NO_OPTIONS}
        if thread_id is None:
            return self._stream({"type": "threads.create", "params": {"input": message}})
        params: dict[str, Any] = {"thread_id": thread_id, "input": message}
        return self._stream({"type": "threads.add_user_message", "params": params})

    def click(self, thread_id: str, item_id: str, action: dict[str, Any]) -> Answer:
        """Press a button of a card and read the events to their end."""
        params = {"thread_id": thread_id, "item_id": item_id, "action": action}
        return self._stream({"type": "threads.custom_action", "params": params})

    def request(self, kind: str, **params: Any) -> dict[str, Any]:
        """The JSON answer to a request of the protocol."""
        with self._post({"type": kind, "params": params}) as response:
            return json.load(response)

    def mcp_client(self) -> Client[StreamableHttpTransport]:
        """A standalone MCP client with the token of the data folder."""
        token = (self.home / "mcp-token").read_text()
        return Client(StreamableHttpTransport(f"http://127.0.0.1:{self.mcp_port}/mcp", auth=token))

    def leftovers(self) -> list[str]:
        """Command lines of the processes that still run for this installation."""
        return [" ".join(process.cmdline()) for process in psutil.process_iter() if self.is_ours(process)]

    def is_ours(self, process: psutil.Process) -> bool:
        """Whether a process, which may end at any time, belongs to this installation."""
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return str(self.home) in " ".join(process.cmdline()) or process.environ().get(
                "OWFLEX_HOME"
            ) == str(self.home)
        except psutil.Error:
            return False

    def _stream(self, body: dict[str, Any]) -> Answer:
        thread_id: str = body["params"].get("thread_id", "")
        item: dict[str, Any] | None = None
        error: dict[str, Any] | None = None
        widget: dict[str, Any] | None = None
        with self._post(body) as response:
            for line in response:
                event: dict[str, Any] = json.loads(line[5:]) if line.startswith(b"data:") else {"type": ""}
                if event["type"] == "thread.created":
                    thread_id = event["thread"]["id"]
                if event["type"] == "error":
                    error = event
                if event["type"] == "thread.item.done" and event["item"]["type"] == "assistant_message":
                    item = event["item"]
                if event.get("item", {}).get("type") == "widget":
                    widget = event["item"]
        return Answer(thread_id, item, error, widget)

    def _post(self, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            f"{self.chat_url}/chatkit", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        return urllib.request.urlopen(request, timeout=60)

    def _wait(self, url: str, wanted: Callable[[Any], bool] = bool) -> None:
        """Return when the address answers with JSON that is `wanted`."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    if wanted(json.load(answer)):
                        return
                    raise OSError("not yet")
            except (OSError, urllib.error.URLError):
                ended = [process for process in self.processes if process.poll() is not None]
                if ended or time.monotonic() > give_up:
                    pytest.fail(f"{url} is not ready. {[self.stop(process) for process in ended]}")
                time.sleep(0.2)


@pytest.fixture
def installation() -> Iterator[Installation]:
    """A fresh installation; what still runs at the end of the test is ended."""
    with fresh_installation() as found:
        yield found


@pytest.fixture(scope="module")
def running_installation() -> Iterator[Installation]:
    """One that runs for all tests of a module; fails when something of it still runs after its end."""
    with fresh_installation() as found:
        everything = found.up()
        yield found
        assert "Everything has stopped" in found.stop(everything)
        assert found.leftovers() == []


@contextmanager
def fresh_installation() -> Generator[Installation]:
    """A data folder and ports of its own; what still runs at the end is ended."""
    chat_port, mcp_port = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="owflex-") as folder:
        found = Installation(Path(folder) / "home", chat_port, mcp_port)
        yield found
        for process in list(found.processes):
            found.stop(process, signal.SIGTERM)
