"""The cookies of people who sign in: scripts never see them, and other sites' requests do not carry them."""

from typing import Literal

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from agent_service.accounts.secrets import MAX_TOKEN_CHARACTERS
from agent_service.accounts.sessions import Lifetimes
from agent_service.accounts.signing_in import SignedIn
from agent_service.context import base_url_of, public_url_of

Cookie = Literal["owflex-session", "owflex-browser", "owflex-provider", "owflex-code"]

SESSION: Cookie = "owflex-session"
# By it a browser is known in which somebody has signed in before.
BROWSER: Cookie = "owflex-browser"
# While somebody is at an identity provider.
PROVIDER: Cookie = "owflex-provider"
# While somebody is asked for the code of their second factor.
CODE: Cookie = "owflex-code"
BROWSER_SECONDS = 365 * 86_400
# With this prefix browsers take a cookie over https only, and never one of another host or path.
HOST_PREFIX = "__Host-"


def cookie_of(connection: HTTPConnection, cookie: Cookie) -> str | None:
    """The token in a cookie. Where the chat is known to be reached by https, only one that came so counts."""
    value = connection.cookies.get(HOST_PREFIX + cookie)
    if value is None and not (public_url_of(connection) or "").startswith("https:"):
        value = connection.cookies.get(cookie)
    return value if value and len(value) <= MAX_TOKEN_CHARACTERS else None


def set_cookie(request: Request, response: Response, cookie: Cookie, token: str, seconds: int) -> None:
    """Give the browser a token for so long."""
    is_secure = base_url_of(request).startswith("https:")
    name = (HOST_PREFIX if is_secure else "") + cookie
    response.set_cookie(name, token, seconds, path="/", secure=is_secure, httponly=True, samesite="lax")


def take_cookie(request: Request, response: Response, cookie: Cookie) -> None:
    """Let the browser forget a token."""
    for name, is_secure in ((HOST_PREFIX + cookie, True), (cookie, False)):
        if name in request.cookies:
            response.delete_cookie(name, path="/", secure=is_secure, httponly=True, samesite="lax")


def sign_in_browser(request: Request, response: Response, who: SignedIn, lifetimes: Lifetimes) -> None:
    """Give the browser its session, and make it one that is known."""
    set_cookie(request, response, SESSION, who.token, int(lifetimes.whole.total_seconds()))
    set_cookie(request, response, BROWSER, who.known_token, BROWSER_SECONDS)
