"""Who a request comes from."""

import re
from dataclasses import dataclass

LOCAL_USER = "local"
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}(?![A-Za-z0-9-])")


@dataclass(frozen=True)
class RequestContext:
    """The user whose threads and tasks a request may touch, and the language their browser asks for."""

    user_id: str
    locale: str = "en"


def locale_of(accept_language: str | None) -> str:
    """The first language of an `Accept-Language` header as a tag such as `de-CH`; `en` when there is none."""
    found = LANGUAGE_TAG.match((accept_language or "").strip())
    return found.group() if found else "en"
