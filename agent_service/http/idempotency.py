"""The key under which a request may be sent again: done once, however often it comes."""

from starlette.datastructures import Headers

from agent_service.errors import RequestRefusedError

KEY_HEADER = "idempotency-key"
MAX_KEY_CHARACTERS = 200


def key_in(headers: Headers) -> str | None:
    """The header Idempotency-Key; None without one. Raises `RequestRefusedError` for one that is none."""
    key = headers.get(KEY_HEADER)
    if key is None:
        return None
    key = key.strip()
    if not 0 < len(key) <= MAX_KEY_CHARACTERS or not (key.isascii() and key.isprintable()):
        raise RequestRefusedError("refused.bad_key", code="bad_key", most=MAX_KEY_CHARACTERS)
    return key
