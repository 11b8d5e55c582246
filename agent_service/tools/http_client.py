"""HTTP clients for the MCP server which are cheap to make: each run has one of its own."""

import ssl
from functools import lru_cache
from typing import Any

import httpx2


def http_client(
    headers: dict[str, str] | None = None, timeout: httpx2.Timeout | None = None, auth: Any = None
) -> httpx2.AsyncClient:
    """A client with connections of its own, for the signature the Agents SDK asks for."""
    return httpx2.AsyncClient(headers=headers, timeout=timeout, auth=auth, verify=_certificates())


@lru_cache
def _certificates() -> ssl.SSLContext:
    """Reading the certificates of all authorities takes longer than everything else a run's client does."""
    return httpx2.create_ssl_context()
