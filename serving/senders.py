"""Who seems to send a request, before anybody has checked it."""

import hashlib
from collections.abc import Hashable

from starlette.datastructures import Headers
from starlette.types import Scope


def sender_of(scope: Scope) -> Hashable:
    """Tells senders apart: by a login's token, else by address.

    Only for limits of what is held and answered: a made-up token makes one more sender, and opens nothing.
    """
    token = Headers(scope=scope).get("authorization")
    if token is not None:
        return hashlib.sha256(token.encode()).digest()
    client = scope.get("client")
    return client[0] if client else ""
