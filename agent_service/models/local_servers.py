"""Servers of language models that already run on this machine."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

import httpx2
from pydantic_core import from_json

from serving.certificates import certificates_for

# Where these programs listen unless they are told otherwise.
USUAL_PORTS = {11434: "Ollama", 1234: "LM Studio", 8080: "llama.cpp", 8081: "llama.cpp", 8000: "vLLM"}
# Who owns a model, as these programs say it themselves.
OWNERS = {
    "library": "Ollama",
    "llamacpp": "llama.cpp",
    "vllm": "vLLM",
    "organization_owner": "LM Studio",
}
SECONDS = 1.5
MAX_BYTES = 262_144
MAX_MODELS = 100
# They make vectors or texts of sounds, and answer no question.
NO_ANSWERS = ("embed", "rerank", "whisper")


@dataclass(frozen=True)
class LocalServer:
    """A server that answers here: its program as far as it is known, its address and its models."""

    program: str
    base_url: str
    models: Sequence[str]


async def find_local_servers(
    own_ports: Collection[int], ports: Collection[int] = tuple(USUAL_PORTS)
) -> list[LocalServer]:
    """What answers like OpenAI's service at the usual ports of this machine, but for our own ports.

    Each is asked once, for its list of models, without a key; all of it takes a second and a half at most.
    """
    async with httpx2.AsyncClient(
        timeout=SECONDS, trust_env=False, verify=certificates_for("http:"), follow_redirects=False
    ) as http:
        asked = [_server_at(http, port) for port in ports if port not in own_ports]
        found = await asyncio.gather(*asked)
    return [server for server in found if server is not None]


async def _server_at(http: httpx2.AsyncClient, port: int) -> LocalServer | None:
    base_url = f"http://127.0.0.1:{port}/v1"
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS), http.stream("GET", f"{base_url}/models") as answer:
            if answer.status_code != 200:
                return None
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MAX_BYTES:
                    return None
        listed = _listed(from_json(bytes(body)))
    except (TimeoutError, httpx2.HTTPError, OSError, ValueError):
        return None
    if not listed:
        return None
    owner = next((OWNERS[owned] for _, owned in listed if owned in OWNERS), None)
    names = [name for name, _ in listed if not any(part in name.lower() for part in NO_ANSWERS)]
    return LocalServer(owner or USUAL_PORTS.get(port, ""), base_url, names[:MAX_MODELS])


def _listed(answer: Any) -> list[tuple[str, str]]:
    """Names and owners in a list of models; nothing where it is none."""
    data = cast(dict[str, Any], answer).get("data") if isinstance(answer, dict) else None
    if not isinstance(data, list):
        return []
    entries = [cast(dict[str, Any], one) for one in cast(list[object], data) if isinstance(one, dict)]
    return [
        (one["id"], str(one.get("owned_by")))
        for one in entries
        if isinstance(one.get("id"), str) and 0 < len(one["id"]) <= 200 and one["id"].isprintable()
    ]
