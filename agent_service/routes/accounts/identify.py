"""Whose session a request carries."""

import psycopg
from psycopg_pool import PoolTimeout
from starlette.requests import HTTPConnection

from agent_service.accounts.live import SESSION as LIVE_SESSION
from agent_service.accounts.secrets import hash_of
from agent_service.accounts.sessions import signed_in_user
from agent_service.accounts.signing_in import Accounts
from agent_service.auth.login import Identify
from agent_service.errors import LoginRequiredError, LoginUnavailableError
from agent_service.routes.accounts.cookies import SESSION, cookie_of


def by_session(accounts: Accounts) -> Identify:
    """Finds the user of a request by its cookie; the session is noted in the request's state."""

    async def identify(connection: HTTPConnection) -> str:
        token = cookie_of(connection, SESSION)
        if token is None:
            raise LoginRequiredError("The request carries no session.")
        try:
            user = await signed_in_user(accounts.pool, token, accounts.lifetimes.idle)
        except (psycopg.Error, PoolTimeout):
            raise LoginUnavailableError("The chat database does not answer.") from None
        if user is None:
            raise LoginRequiredError("The session has ended.")
        connection.scope.setdefault("state", {})[LIVE_SESSION] = hash_of(token)
        return user

    return identify
