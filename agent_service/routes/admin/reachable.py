"""Which addresses an administrator may enter."""

from urllib.parse import urlsplit

import httpcore2

from agent_service.errors import RequestRefusedError
from serving.guarded_connections import can_be_a_service, resolve_host


async def check_reachable_address(address: str) -> None:
    """Raise `RequestRefusedError` (422) for a name that nobody has, or that leads to no service.

    Connections are checked again when they are made: a name may lead elsewhere by then.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        found = await resolve_host(host, parts.port or (443 if parts.scheme == "https" else 80))
    except httpcore2.ConnectError:
        raise RequestRefusedError("admin.no_host", status=422, host=host[:200]) from None
    if not any(can_be_a_service(one) for one in found):
        raise RequestRefusedError("admin.refused_address", status=422, host=host[:200])
