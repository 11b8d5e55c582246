"""An MCP server and a chat for one question, while nothing else runs."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import IO

import httpx2

from database.errors import PortTakenError
from database.process import listen
from owflex.asking.addresses import client
from owflex.errors import ProgramFailedError

SECONDS_TO_START = 120
SECONDS_TO_STOP = 15
SECONDS_BETWEEN_LOOKS = 0.1
# A port that was free a moment ago may be another program's by now.
ATTEMPTS = 3
HOST = "127.0.0.1"


@contextmanager
def own_chat(on_progress: Callable[[str], None]) -> Generator[str]:
    """The address of a chat that runs while in the block. Raises `ProgramFailedError`."""
    on_progress("OwFlex is not running: it is started for this question. With owflex up it answers at once.")
    with ExitStack() as stack:
        yield _started_chat(stack)


def _started_chat(stack: ExitStack) -> str:
    for _ in range(ATTEMPTS - 1):
        ports = _free_ports()
        try:
            with ExitStack() as attempt:
                url = _start(ports, attempt)
                stack.push(attempt.pop_all())
                return url
        except ProgramFailedError:
            if not any(map(_is_taken, ports)):
                raise
    return _start(_free_ports(), stack)


def _is_taken(port: int) -> bool:
    try:
        listen(HOST, port, "").close()
    except PortTakenError:
        return True
    return False


def _start(ports: tuple[int, int], stack: ExitStack) -> str:
    mcp_port, chat_port = ports
    environment = os.environ | {
        "MCP_SERVER_HOST": HOST,
        "MCP_SERVER_PORT": str(mcp_port),
        "MCP_SERVER_URL": f"http://{HOST}:{mcp_port}/mcp",
        "AGENT_SERVICE_HOST": HOST,
        "AGENT_SERVICE_PORT": str(chat_port),
    }
    # Without a name, so that nothing is left of it even when this process is killed.
    log = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    started = [
        stack.enter_context(_started(module, environment, log)) for module in ("mcp_server", "agent_service")
    ]
    for port in ports:
        _wait_until_ready(f"http://{HOST}:{port}", started, log)
    return f"http://{HOST}:{chat_port}"


def _free_ports() -> tuple[int, int]:
    listeners = [listen(HOST, 0, "") for _ in range(2)]
    first, second = (listener.getsockname()[1] for listener in listeners)
    for listener in listeners:
        listener.close()
    return first, second


@contextmanager
def _started(
    module: str, environment: dict[str, str], log: IO[bytes]
) -> Generator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(  # noqa: S603
        # The folder in which a question is asked may hold files named like modules.
        [sys.executable, "-P", "-m", "owflex.supervision.supervised_program", module],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()


def _wait_until_ready(url: str, started: "list[subprocess.Popen[bytes]]", log: IO[bytes]) -> None:
    give_up = time.monotonic() + SECONDS_TO_START
    with client(seconds=5) as http:
        while not _is_ready(http, url):
            ended = any(process.poll() is not None for process in started)
            if ended or time.monotonic() > give_up:
                raise ProgramFailedError(f"OwFlex does not start. {_last_words(log)}")
            time.sleep(SECONDS_BETWEEN_LOOKS)


def _is_ready(http: httpx2.Client, url: str) -> bool:
    try:
        return http.get(f"{url}/ready").is_success
    except httpx2.TransportError:
        return False


def _last_words(log: IO[bytes]) -> str:
    log.flush()
    log.seek(0)
    lines = log.read().decode("utf-8", "replace").splitlines()
    # What went well, and where in the program it was, is of no use to who asks.
    said = [line for line in lines if " INFO " not in line and not line.startswith((" ", "Traceback"))]
    return "\n".join(said[-5:])
