"""What requests to the knowledge routes say. Everything here raises `RequestRefusedError`."""

from starlette.requests import Request

from agent_service.errors import RequestRefusedError

MAX_ID = 2**63 - 1
MAX_DIGITS = 19


def document_id(request: Request) -> int:
    """The id in the path."""
    return path_id(request, "knowledge.no_document")


def path_id(request: Request, key: str) -> int:
    """The whole number in the path; anything else is the address of nothing."""
    given = str(request.path_params["id"])
    found = int(given) if given.isascii() and given.isdigit() and len(given) <= MAX_DIGITS else 0
    if not 1 <= found <= MAX_ID:
        raise RequestRefusedError(key, status=404, code="not_found")
    return found


def number(request: Request, name: str) -> int | None:
    """The whole number that the address names so; None where it has none."""
    given = text(request, name)
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= MAX_DIGITS):
        raise RequestRefusedError("knowledge.no_number", status=422, name=name)
    return int(given)


def text(request: Request, name: str) -> str | None:
    """The text that the address names so; None where it has none, or an empty one."""
    return request.query_params.get(name) or None
