"""Addresses in settings, checked at start."""

from typing import Annotated

from pydantic import AfterValidator

from database.settings import AddressList


def _http(value: str) -> str:
    """Without the slash at the end: the MCP client does not follow the redirect it would cause."""
    if value and not value.startswith(("http://", "https://")):
        raise ValueError(f"{value!r} is not an address. Addresses begin with http:// or https://.")
    return value.rstrip("/")


def _no_wildcard(value: list[str]) -> list[str]:
    for origin in value:
        if "://" not in origin or "*" in origin:
            raise ValueError(
                f"{origin!r} is not an origin. List each one, e.g. https://intranet.example: "
                "a wildcard would let every web page read the chats."
            )
    return value


HttpAddress = Annotated[str, AfterValidator(_http)]
Origins = Annotated[AddressList, AfterValidator(_no_wildcard)]
