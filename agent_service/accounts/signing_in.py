"""Signing in and out, one-time links and changes of passwords: each as one step of the chat's database."""

from dataclasses import dataclass

from agent_service.accounts.attempts import Attempt, allowed_attempt, forget_attempt, remember_browser
from agent_service.accounts.links import Link, address_of_link, look_at, make_link, use_link
from agent_service.accounts.one_time_codes import has_second_factor
from agent_service.accounts.passwords import Passwords, check_password, is_outdated
from agent_service.accounts.people import (
    Connection,
    NewPerson,
    find_person,
    has_no_administrator,
    name_of,
    password_hash_of,
    set_password,
    user_id_of,
)
from agent_service.accounts.second_step import begin_step
from agent_service.accounts.sessions import Lifetimes, Visitor, begin_session, end_session
from agent_service.errors import RequestRefusedError
from database.acting import act_as
from database.pool import Pool
from serving.requests import acting_now

# Nobody can have this name.
NO_NAME = "?"


@dataclass(frozen=True)
class SignedIn:
    """Somebody who has just signed in: the tokens of their session, and of a browser that is known now."""

    user_id: str
    token: str
    known_token: str


@dataclass(frozen=True)
class CodeAsked:
    """Somebody whose password was right, and who has a second factor: the token until the code is there."""

    user_id: str
    token: str


class Accounts:
    """What people do with their accounts; everything raises `psycopg.Error`, `PoolTimeout`."""

    def __init__(self, pool: Pool, lifetimes: Lifetimes) -> None:
        self.pool = pool
        self.lifetimes = lifetimes
        self._passwords = Passwords()

    async def sign_in(self, typed: str, password: str, visitor: Visitor) -> SignedIn | CodeAsked:
        """Begin a session for the right name and password; whoever has a second factor is asked for a code.

        Raises `RequestRefusedError`: for wrong names and wrong passwords one sentence, after the same time.
        """
        user_id = _user_id(typed)
        attempt, stored = await self.tried(user_id, password, visitor)
        if stored is None:
            raise RequestRefusedError("accounts.wrong", status=401, code="wrong_credentials")
        hashed = await self._passwords.hash(password) if is_outdated(stored) else None
        async with self.pool.connection() as connection, connection.transaction():
            await act_as(connection, acting_now(user_id, "chat"), once=True)
            await forget_attempt(connection, attempt.id)
            await check_still_so(connection, user_id, stored)
            if hashed is not None:
                await connection.execute(
                    "update people set password_hash = %s where user_id = %s", (hashed, user_id)
                )
            return await self._let_in(connection, user_id, visitor)

    async def sign_out(self, user_id: str, token: str) -> None:
        """End the session of this browser."""
        async with self.pool.connection() as connection, connection.transaction():
            await act_as(connection, acting_now(user_id, "chat"), once=True)
            await end_session(connection, token)

    async def look_at_link(self, token: str) -> Link:
        """What a one-time link is for. Raises `RequestRefusedError`."""
        async with self.pool.connection() as connection:
            return await look_at(connection, token)

    async def use_link(
        self, token: str, password: str, new: NewPerson, visitor: Visitor
    ) -> SignedIn | CodeAsked:
        """Set a password by a one-time link, and sign in; `new` counts for the first administrator only.

        Raises `RequestRefusedError`.
        """
        link = await self.look_at_link(token)
        name = link.name or name_of(new.name)
        check_password(password, name)
        hashed = await self._passwords.hash(password)
        user_id = link.user_id or user_id_of(name)
        async with self.pool.connection() as connection, connection.transaction():
            await act_as(connection, acting_now(user_id, "chat"), once=True)
            await use_link(connection, token, hashed, new)
            return await self._let_in(connection, user_id, visitor)

    async def change_password(self, user_id: str, current: str, new: str, visitor: Visitor) -> SignedIn:
        """Set another password, who gives the one of before; every other session ends.

        Raises `RequestRefusedError`.
        """
        check_password(new, user_id.partition(":")[2])
        attempt, stored = await self.tried(user_id, current, visitor)
        if stored is None:
            raise RequestRefusedError("accounts.wrong_password", code="wrong_password")
        hashed = await self._passwords.hash(new)
        async with self.pool.connection() as connection, connection.transaction():
            await act_as(connection, acting_now(user_id, "chat"), once=True)
            await forget_attempt(connection, attempt.id)
            await check_still_so(connection, user_id, stored)
            await set_password(connection, user_id, hashed)
            return await self._begun(connection, user_id, visitor)

    async def first_link(self, base: str) -> str | None:
        """The address that makes the first administrator; None when there is one."""
        async with self.pool.connection() as connection, connection.transaction():
            if not await has_no_administrator(connection):
                return None
            return address_of_link(base, await make_link(connection, "setup", None))

    async def begin(self, connection: Connection, user_id: str, visitor: Visitor) -> SignedIn:
        """Begin a session for whom somebody else has checked, in a transaction of the caller."""
        return await self._begun(connection, user_id, visitor)

    async def tried(self, user_id: str, password: str, visitor: Visitor) -> tuple[Attempt, str | None]:
        """The attempt, and the hash that the password fits; None when it fits none.

        Raises `RequestRefusedError` when it must wait.
        """
        async with self.pool.connection() as connection:
            attempt = await allowed_attempt(connection, user_id, visitor)
            stored = await password_hash_of(connection, user_id)
        return attempt, stored if await self._passwords.fits(stored, password) else None

    async def _let_in(self, connection: Connection, user_id: str, visitor: Visitor) -> SignedIn | CodeAsked:
        if await has_second_factor(connection, user_id):
            return CodeAsked(user_id, await begin_step(connection, user_id))
        return await self._begun(connection, user_id, visitor)

    async def _begun(self, connection: Connection, user_id: str, visitor: Visitor) -> SignedIn:
        token = await begin_session(connection, user_id, visitor, self.lifetimes.whole)
        known = await remember_browser(connection, user_id, visitor.known_token)
        return SignedIn(user_id, token, known)


def _user_id(typed: str) -> str:
    try:
        return user_id_of(name_of(typed))
    except RequestRefusedError:
        return user_id_of(NO_NAME)


async def check_still_so(connection: Connection, user_id: str, stored: str) -> None:
    """Raise `RequestRefusedError` when the person was shut out, or the password changed a moment ago."""
    await connection.execute("select from people where user_id = %s for update", (user_id,))
    person = await find_person(connection, user_id)
    if person is not None and person.disabled_at is not None:
        raise RequestRefusedError("accounts.disabled", status=403, code="account_disabled")
    if await password_hash_of(connection, user_id) != stored:
        raise RequestRefusedError("accounts.wrong", status=401, code="wrong_credentials")
