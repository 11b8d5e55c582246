"""Signing in with a code, and what people do with their second factor: each one step of the database."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agent_service.accounts.attempts import allowed_attempt, forget_attempt
from agent_service.accounts.one_time_codes import OneTimeCodes, take_away
from agent_service.accounts.people import Connection
from agent_service.accounts.second_step import end_step, whose_step
from agent_service.accounts.secrets import hash_of
from agent_service.accounts.sessions import Visitor, end_all
from agent_service.accounts.signing_in import Accounts, SignedIn, check_still_so
from agent_service.errors import RequestRefusedError
from database.acting import act_as
from serving.requests import acting_now


@dataclass(frozen=True)
class SecondFactor:
    """All that is done by codes; wrong ones count as wrong passwords do.

    Everything raises `RequestRefusedError`, `psycopg.Error`, `PoolTimeout`.
    """

    accounts: Accounts
    codes: OneTimeCodes

    async def whose(self, token: str | None) -> str:
        """The user id that is asked for a code in this browser."""
        async with self.accounts.pool.connection() as connection:
            return await whose_step(connection, token)

    async def finish(self, token: str | None, code: str, visitor: Visitor) -> SignedIn:
        """Sign in who has given the right password in this browser, and now a code."""
        user_id = await self.whose(token)
        assert token is not None
        async with self._counted(user_id, visitor) as connection:
            # Who was shut out, or has another password since, has no step any more.
            await connection.execute("select from people where user_id = %s for update", (user_id,))
            await whose_step(connection, token)
            if not await self.codes.use(connection, user_id, code):
                raise RequestRefusedError("accounts.wrong_code", status=401, code="wrong_code")
            await end_step(connection, token)
            return await self.accounts.begin(connection, user_id, visitor)

    async def prepare(self, user_id: str, password: str, visitor: Visitor) -> str:
        """A new secret for the app, which counts when it is confirmed."""
        async with self._with_password(user_id, password, visitor) as connection:
            return await self.codes.prepare(connection, user_id)

    async def confirm(self, user_id: str, code: str, visitor: Visitor) -> Sequence[str]:
        """Switch it on by its first code: the recovery codes; all other browsers are signed out."""
        async with self._counted(user_id, visitor) as connection:
            codes = await self.codes.confirm(connection, user_id, code)
            await end_all(connection, user_id, but=hash_of(visitor.session_token or ""))
            return codes

    async def renew(self, user_id: str, password: str, code: str, visitor: Visitor) -> Sequence[str]:
        """New recovery codes in the place of those of before."""
        async with self._with_password(user_id, password, visitor) as connection:
            await self._use(connection, user_id, code)
            return await self.codes.new_recovery_codes(connection, user_id)

    async def switch_off(self, user_id: str, password: str, code: str, visitor: Visitor) -> None:
        """From now on the password alone is enough."""
        async with self._with_password(user_id, password, visitor) as connection:
            await self._use(connection, user_id, code)
            await take_away(connection, user_id)

    async def _use(self, connection: Connection, user_id: str, code: str) -> None:
        if not await self.codes.use(connection, user_id, code):
            raise RequestRefusedError("accounts.wrong_code", code="wrong_code")

    @asynccontextmanager
    async def _counted(self, user_id: str, visitor: Visitor) -> AsyncGenerator[Connection]:
        """A transaction that is an attempt: one that fails counts, and changes nothing."""
        async with self.accounts.pool.connection() as connection:
            attempt = await allowed_attempt(connection, user_id, visitor)
        async with self._acting(user_id) as connection:
            await forget_attempt(connection, attempt.id)
            yield connection

    @asynccontextmanager
    async def _with_password(
        self, user_id: str, password: str, visitor: Visitor
    ) -> AsyncGenerator[Connection]:
        """The same, of whoever knows the password."""
        attempt, stored = await self.accounts.tried(user_id, password, visitor)
        if stored is None:
            raise RequestRefusedError("accounts.wrong_password", code="wrong_password")
        async with self._acting(user_id) as connection:
            await forget_attempt(connection, attempt.id)
            await check_still_so(connection, user_id, stored)
            yield connection

    @asynccontextmanager
    async def _acting(self, user_id: str) -> AsyncGenerator[Connection]:
        async with self.accounts.pool.connection() as connection, connection.transaction():
            await act_as(connection, acting_now(user_id, "chat"), once=True)
            yield connection
