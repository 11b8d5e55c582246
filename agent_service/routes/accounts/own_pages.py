"""Where somebody goes on after signing in: to pages of this chat only."""

import re
from urllib.parse import quote, unquote

SIGN_IN, ACCOUNT = "sign-in", "account"
MAX_CHARACTERS = 2000
# A path below the chat, as it stands after its base address: no scheme, no host, no way up.
OWN_PAGE = re.compile(r"(?!/)[\w\-./~%]*(?:\?[\w\-./~%&=+:,;@!$'()*]*)?(?:#[\w\-./~%&=+?:,;@]*)?", re.ASCII)


def own_page(asked: str | None) -> str:
    """The page that was asked for, relative to the chat; else its first page, which is an empty text."""
    if not asked or len(asked) > MAX_CHARACTERS or not OWN_PAGE.fullmatch(asked):
        return ""
    # Browsers take %2e%2e for a way up, and some proxies %2f for a slash.
    path = unquote(re.split(r"[?#]", asked, maxsplit=1)[0])
    if path.startswith("/") or "\\" in path:
        return ""
    return "" if "//" in path or ".." in path.split("/") or path == SIGN_IN else asked


def account_address(path: str) -> str:
    """The page of one's account, relative to the page with this path."""
    return "../" * max(0, path.count("/") - 1) + ACCOUNT


def sign_in_address(path: str, query: str) -> str:
    """Where to sign in and come back, relative to the page with this path and query."""
    asked = own_page(path.removeprefix("/") + (f"?{query}" if query else ""))
    up = "../" * max(0, path.count("/") - 1)
    return f"{up}{SIGN_IN}" + (f"?next={quote(asked, safe='')}" if asked else "")
