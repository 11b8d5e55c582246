"""Passwords: which are good enough, and their Argon2id hashes (RFC 9106, the profile for little memory)."""

import asyncio
import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from agent_service.errors import RequestRefusedError

MIN_CHARACTERS = 12
MAX_CHARACTERS = 200
# Each takes 64 MiB and a core for some hundredths of a second: a crowd must not take all of them.
MAX_AT_ONCE = 2
HASHER = PasswordHasher()


def check_password(password: str, name: str = "") -> None:
    """Raise `RequestRefusedError` for a password that is too short, too long, or easy to guess."""
    if len(password) < MIN_CHARACTERS:
        raise RequestRefusedError("accounts.password_short", code="weak_password", least=MIN_CHARACTERS)
    if len(password) > MAX_CHARACTERS:
        raise RequestRefusedError("accounts.password_long", code="weak_password", most=MAX_CHARACTERS)
    letters = password.casefold()
    if len(set(letters)) < 5 or (name and letters.replace(name.casefold(), "") in ("", letters[: len(name)])):
        raise RequestRefusedError("accounts.password_simple", code="weak_password")


class Passwords:
    """Computes hashes in threads, few at a time; whom there is no hash of costs the same time."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(MAX_AT_ONCE)

    async def hash(self, password: str) -> str:
        """The hash to store, with its salt and parameters in it."""
        async with self._turns:
            return await asyncio.to_thread(hashed, password)

    async def fits(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one of the stored hash."""
        async with self._turns:
            return await asyncio.to_thread(_fits, stored, password)


def hashed(password: str) -> str:
    """The hash to store; takes some hundredths of a second."""
    return HASHER.hash(_as_kept(password))


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than are usual now."""
    return HASHER.check_needs_rehash(stored)


def _fits(stored: str | None, password: str) -> bool:
    try:
        fits = HASHER.verify(stored or _decoy(), _as_kept(password))
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None


def _as_kept(password: str) -> str:
    """However a keyboard puts accents together, it is one password; and no hash is made of a whole book."""
    return unicodedata.normalize("NFC", password[: MAX_CHARACTERS + 1])


@cache
def _decoy() -> str:
    """A hash that no password has, for names that nobody has."""
    return HASHER.hash(secrets.token_urlsafe())
