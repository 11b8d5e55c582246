"""Who seems to send a request."""

from collections.abc import Callable, Hashable

from starlette.datastructures import Headers
from starlette.types import Scope

from serving.client_addresses import AddressOf
from serving.senders import sender_of


def sender_by(address_of: AddressOf, user_header: str | None) -> Callable[[Scope], Hashable]:
    """Tells apart who seems to send a request, before anybody has checked it: by login, else by address."""

    def sender(scope: Scope) -> Hashable:
        headers = Headers(scope=scope)
        if "authorization" in headers:
            return sender_of(scope)
        named = headers.get(user_header, "") if user_header else ""
        return named, address_of(scope)

    return sender
