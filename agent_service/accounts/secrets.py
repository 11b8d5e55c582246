"""Random tokens: whoever knows one is let in, and only its hash is stored."""

import hashlib
import secrets

TOKEN_BYTES = 32
MAX_TOKEN_CHARACTERS = 100


def new_token() -> str:
    """256 random bits as text for a cookie or an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(token: str) -> bytes:
    """What is stored of a token; a guess among 2^256 needs no slow hash."""
    return hashlib.sha256(token[: MAX_TOKEN_CHARACTERS + 1].encode(errors="replace")).digest()
