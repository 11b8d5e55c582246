"""Servers listen to this machine only, unless something guards them."""

from database.process import is_loopback
from serving.errors import UnsafeBindError


def check_bind(host: str, *, is_guarded: bool, refusal: str) -> None:
    """Raise `UnsafeBindError` with this text when others can reach `host` and nothing guards the server."""
    if not (is_guarded or is_loopback(host)):
        raise UnsafeBindError(refusal)
