"""What docker-compose.yml starts, as processes: its commands, variables, secrets and health checks."""

import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.compose import compose, health_command, process_command, process_environment
from tests.support.ports import free_port

PATIENCE_SECONDS = 90
TOKEN, KEY = "a-token-of-the-mcp-server-for-this-test", "a-signing-key-of-both-servers-for-this-test"
# How Kubernetes' probes and Prometheus come: by the address of a container.
BY_ADDRESS = {"Host": "10.1.2.3:8001"}


class Deployment:
    """The services of the file, with what other machines are called there."""

    def __init__(self, folder: Path, knowledge_base_url: str, chat_url: str) -> None:
        self._services: dict[str, Any] = compose()["services"]
        self._folder = folder
        self.chat_port, self.mcp_port = free_port(), free_port()
        self._changed = {
            "0.0.0.0": "127.0.0.1",  # noqa: S104 - what is replaced
            "http://mcp-server:8001": f"http://127.0.0.1:{self.mcp_port}",
            "127.0.0.1:8001": f"127.0.0.1:{self.mcp_port}",
            "127.0.0.1:8000": f"127.0.0.1:{self.chat_port}",
        }
        secrets = {
            "knowledge_base_database_url": knowledge_base_url,
            "chat_database_url": chat_url,
            "mcp_server_token": TOKEN,
            "mcp_signing_key": KEY,
            "metrics_token": TOKEN,
            "openai_api_key": "",
        }
        for name, value in secrets.items():
            (folder / name).write_text(f"{value}\n")
            (folder / name).chmod(0o400)

    def environment(self, service: str) -> dict[str, str]:
        """What its process gets; the ports are ours."""
        home = self._folder / service
        home.mkdir(exist_ok=True)
        ports = {"MCP_SERVER_PORT": str(self.mcp_port), "AGENT_SERVICE_PORT": str(self.chat_port)}
        given = process_environment(self._services[service], self._folder, home, self._changed)
        return given | ports

    def run(self, service: str) -> "subprocess.CompletedProcess[str]":
        """Run a service that ends by itself."""
        return subprocess.run(
            process_command(self._services[service]),
            cwd=self._folder,
            env=self.environment(service),
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    @contextmanager
    def running(self, service: str) -> Generator["subprocess.Popen[str]"]:
        """A service until the end of the block; it must stop when it is asked to."""
        process = subprocess.Popen(
            process_command(self._services[service]),
            cwd=self._folder,
            env=self.environment(service),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            said, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode in (0, -15), said

    def wait_until_well(self, service: str, process: "subprocess.Popen[str]") -> None:
        """Return when the service's own health check is content."""
        command = health_command(self._services[service], self._changed)
        for _ in range(PATIENCE_SECONDS * 2):
            assert process.poll() is None, process.communicate()[0]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.5)
        pytest.fail(f"{service} does not get well")


def status(url: str, headers: Mapping[str, str]) -> int:
    """The status of a request."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers))) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.slow
def test_what_the_file_starts_runs_with_its_secrets_and_gets_well(
    tmp_path: Path, knowledge_base_url: str, chat_url: str
) -> None:
    deployment = Deployment(tmp_path, knowledge_base_url, chat_url)
    for _ in range(2):
        migrated = deployment.run("migrate")
        assert migrated.returncode == 0, migrated.stderr
    with (
        deployment.running("mcp-server") as mcp,
        deployment.running("agent-service") as chat,
        deployment.running("ingest-worker"),
    ):
        deployment.wait_until_well("mcp-server", mcp)
        deployment.wait_until_well("agent-service", chat)
        servers = [f"http://127.0.0.1:{port}" for port in (deployment.mcp_port, deployment.chat_port)]
        for server in servers:
            assert [status(f"{server}/{page}", BY_ADDRESS) for page in ("health", "ready")] == [200, 200]
        by_token = BY_ADDRESS | {"Authorization": f"Bearer {TOKEN}"}
        assert [status(f"{server}/metrics", by_token) for server in servers] == [200, 200]
