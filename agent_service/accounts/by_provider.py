"""People who sign in by an OpenID Connect provider: the way there and back, and the person."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from agent_service.accounts.people import Connection, shown_name
from agent_service.accounts.provider import Claimed, Provider
from agent_service.accounts.secrets import hash_of, new_token
from agent_service.accounts.sessions import Visitor
from agent_service.accounts.signing_in import Accounts, SignedIn
from agent_service.auth.login import user_name
from agent_service.errors import LoginRequiredError
from database.acting import act_as
from serving.requests import acting_now

KIND = "oidc"
MINUTES = 10
NOTE = """
insert into pending_sign_ins (token_hash, state, nonce, code_verifier, redirect_uri, next_page, expires_at)
values (%(token_hash)s, %(state)s, %(nonce)s, %(code_verifier)s, %(redirect_uri)s, %(next_page)s,
        now() + make_interval(mins => %(minutes)s))
"""
# It is good for one way back, whatever becomes of it.
TAKE = """
delete from pending_sign_ins where token_hash = %s and expires_at > now()
returning state, nonce, code_verifier, redirect_uri, next_page
"""
# Somebody's name may change at the provider; who is an administrator is decided here.
KEEP = """
insert into people (user_id, issuer, display_name, email)
values (%(user_id)s, %(issuer)s, %(name)s, %(email)s)
on conflict (user_id) do update set display_name = excluded.display_name, email = excluded.email
returning issuer = %(issuer)s, disabled_at is not null
"""

# Takes the groups that a claim names, for a user id.
HandOver = Callable[[str, Sequence[str]], Awaitable[None]]


@dataclass(frozen=True)
class Way:
    """What is noted while somebody is at the provider."""

    state: str
    nonce: str
    code_verifier: str
    redirect_uri: str
    next_page: str


@dataclass(frozen=True)
class Returned:
    """What a browser brings back from the provider; `token` is that of its cookie."""

    token: str | None
    state: str
    code: str
    issuer: str | None


@dataclass(frozen=True)
class ProviderSignIn:
    """Signing in by a provider."""

    provider: Provider
    accounts: Accounts
    hand_over: HandOver

    async def begin(self, redirect_uri: str, next_page: str) -> tuple[str, str]:
        """Where the browser goes, and the token that it keeps in a cookie. Raises `LoginUnavailableError`."""
        token = new_token()
        way = Way(new_token(), new_token(), new_token(), redirect_uri, next_page)
        address = await self.provider.address(way.state, way)
        async with self.accounts.pool.connection() as connection:
            values = vars(way) | {"token_hash": hash_of(token), "minutes": MINUTES}
            await connection.execute(NOTE, values)
        return address, token

    async def finish(self, returned: Returned, visitor: Visitor) -> tuple[SignedIn, str]:
        """Who has come back and is signed in, and the page that they wanted.

        Raises `LoginRequiredError`, `LoginUnavailableError`, `psycopg.Error`, `PoolTimeout`.
        """
        way = await self._way(returned)
        claimed = await self.provider.who(returned.code, way)
        user_id = user_name(KIND, claimed.subject)
        async with self.accounts.pool.connection() as connection, connection.transaction():
            await act_as(connection, acting_now(user_id, "chat"), once=True)
            await self._keep(connection, user_id, claimed)
            who = await self.accounts.begin(connection, user_id, visitor)
        if claimed.groups is not None:
            await self.hand_over(user_id, claimed.groups)
        return who, way.next_page

    async def _way(self, returned: Returned) -> Way:
        if returned.token is None:
            raise LoginRequiredError("This browser did not begin to sign in, or it took too long.")
        async with self.accounts.pool.connection() as connection:
            row = await (await connection.execute(TAKE, (hash_of(returned.token),))).fetchone()
        if row is None:
            raise LoginRequiredError("This sign-in was finished already, or it took too long.")
        way = Way(*row)
        if not hmac.compare_digest(way.state.encode(), returned.state.encode()):
            raise LoginRequiredError("The answer belongs to another sign-in.")
        if returned.issuer is not None and returned.issuer.rstrip("/") != self.provider.issuer.rstrip("/"):
            raise LoginRequiredError("The answer comes from another provider.")
        return way

    async def _keep(self, connection: Connection, user_id: str, claimed: Claimed) -> None:
        values = {
            "user_id": user_id,
            "issuer": self.provider.issuer,
            "name": shown_name(claimed.name, claimed.subject),
            "email": None if claimed.email is None else shown_name(claimed.email, "") or None,
        }
        row = await (await connection.execute(KEEP, values)).fetchone()
        assert row is not None
        is_ours, is_disabled = row
        if not is_ours:
            raise LoginRequiredError(f"{user_id} belongs to another provider.")
        if is_disabled:
            raise LoginRequiredError(f"{user_id} is disabled.")
