"""Addresses and header names in settings, checked at start."""

import re
from typing import Annotated

from pydantic import AfterValidator

from database.settings import CommaList

HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'+.^_`|~-]+")


def _http(value: str) -> str:
    """Without the slash at the end: the MCP client does not follow the redirect it would cause."""
    if value and not value.startswith(("http://", "https://")):
        raise ValueError(f"{value!r} is not an address. Addresses begin with http:// or https://.")
    return value.rstrip("/")


def _header_names(value: list[str]) -> list[str]:
    for name in value:
        if not HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a header. List each one, e.g. X-Tenant.")
    return value


HttpAddress = Annotated[str, AfterValidator(_http)]
HeaderNames = Annotated[CommaList, AfterValidator(_header_names)]
