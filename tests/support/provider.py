"""An OpenID Connect provider in a process of its own, on loopback, with keys of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager

import httpx2

from tests.support.patience import PATIENCE_SECONDS
from tests.support.ports import free_port


@contextmanager
def provider_process(*people: Mapping[str, object]) -> Generator[str]:
    """Its issuer. Each of the people has `sub` and further claims."""
    port = free_port()
    told = [part for person in people for part in ("--user-claims", json.dumps(person))]
    options = ["--port", str(port), "--require-nonce", "true", *told]
    command = [sys.executable, "-m", "oidc_provider_mock", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    issuer = f"http://127.0.0.1:{port}"
    try:
        _wait_for(issuer, process)
        yield issuer
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _wait_for(issuer: str, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        try:
            httpx2.get(f"{issuer}/.well-known/openid-configuration").raise_for_status()
        except httpx2.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("The provider did not start.")
