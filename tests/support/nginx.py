"""nginx with the configuration of examples/proxy, on free ports of loopback and in a folder of its own."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_SECONDS

EXAMPLES = Path(__file__).parents[2] / "examples" / "proxy"
FILES = {"upstreams.conf": "loopback.conf", "locations.conf": "locations.conf"}
SECONDS_TO_START = 20


def nginx_program() -> str:
    """Where nginx is. Without one the test is skipped, or fails where OWFLEX_REQUIRE_EXAMPLES is set."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        said = "There is no nginx. Install it, e.g.: apt-get install nginx-light"
        if os.environ.get("OWFLEX_REQUIRE_EXAMPLES"):
            pytest.fail(said)
        pytest.skip(said)
    return program


def written(folder: Path, servers: str, changed: Mapping[str, str], upstreams: Mapping[int, int]) -> Path:
    """The configuration with these server blocks; `changed` and the ports of `upstreams` are replaced."""
    changes = {"/tmp/": f"{folder}/", **changed}  # noqa: S108
    changes |= {f"127.0.0.1:{port};": f"127.0.0.1:{ours};" for port, ours in upstreams.items()}
    changes |= {f"127.0.0.1:{port} ": f"127.0.0.1:{ours} " for port, ours in upstreams.items()}
    for name, source in {"nginx.conf": "nginx.conf", "servers.conf": servers, **FILES}.items():
        text = (EXAMPLES / source).read_text()
        for old, new in changes.items():
            text = text.replace(old, new)
        (folder / name).write_text(text)
    return folder / "nginx.conf"


@contextmanager
def running(configuration: Path, ports: Sequence[int]) -> Generator[None]:
    """nginx while in the block; it listens on these ports."""
    folder = configuration.parent
    command = [nginx_program(), "-p", str(folder), "-c", str(configuration), "-e", "stderr"]
    if os.geteuid() == 0:
        # Its workers stay who we are: another user could not reach the folder of a test.
        command += ["-g", "user root;"]
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            for port in ports:
                _until_it_listens(process, port, folder / "nginx.log")
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_SECONDS)


def _until_it_listens(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    for _ in range(SECONDS_TO_START * 50):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            _pause(process)
        else:
            return
    raise AssertionError(f"nginx does not listen on {port}: {log.read_text()}")


def _pause(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(0.02)
    except subprocess.TimeoutExpired:
        return
