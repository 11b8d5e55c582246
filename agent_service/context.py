"""Who a request comes from."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from starlette.requests import Request

LOCAL_USER = "local"
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}(?![A-Za-z0-9-])")


@dataclass(frozen=True)
class RequestContext:
    """The user whose threads and tasks a request may touch, and the language their browser asks for.

    `base_url` is the address under which the service was reached; it ends with a slash.
    """

    user_id: str
    locale: str = "en"
    base_url: str = "http://localhost/"


def with_base_url(context_of: Callable[[Request], RequestContext]) -> Callable[[Request], RequestContext]:
    """The same function, whose contexts also know under which address the service was reached."""

    def reached(request: Request) -> RequestContext:
        return replace(context_of(request), base_url=base_url_of(request))

    return reached


def base_url_of(request: Request) -> str:
    """The address under which the service was reached; https behind a proxy that the page came through.

    The app's `state.public_url`, if it is set, is that address for every request.
    """
    public_url: str | None = getattr(request.app.state, "public_url", None)
    if public_url:
        return f"{public_url}/"
    origin = urlsplit(request.headers.get("origin", ""))
    base_url = request.base_url
    if origin.scheme == "https" and origin.netloc == base_url.netloc:
        base_url = base_url.replace(scheme="https")
    return str(base_url)


def locale_of(accept_language: str | None) -> str:
    """The first language of an `Accept-Language` header as a tag such as `de-CH`; `en` when there is none."""
    found = LANGUAGE_TAG.match((accept_language or "").strip())
    return found.group() if found else "en"
