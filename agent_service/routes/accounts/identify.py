"""Whose session a request carries."""

import re

import psycopg
from psycopg_pool import PoolTimeout
from starlette.requests import HTTPConnection

from agent_service.accounts.live import SESSION as LIVE_SESSION
from agent_service.accounts.second_step import Demand, owes_second_factor
from agent_service.accounts.secrets import hash_of
from agent_service.accounts.sessions import signed_in_user
from agent_service.accounts.signing_in import Accounts
from agent_service.auth.login import Identify
from agent_service.errors import LoginRequiredError, LoginUnavailableError, SecondFactorRequiredError
from agent_service.routes.accounts.cookies import SESSION, cookie_of

# What somebody needs who must set up a second factor first.
TO_SET_UP = re.compile(r"/account(?:/.*)?|/sign-out")


def by_session(accounts: Accounts, demand: Demand = "off") -> Identify:
    """Finds the user of a request by its cookie; the session is noted in the request's state.

    Of whom a second factor is demanded, and who has none, only their account is open.
    """

    async def identify(connection: HTTPConnection) -> str:
        token = cookie_of(connection, SESSION)
        if token is None:
            raise LoginRequiredError("The request carries no session.")
        try:
            user = await signed_in_user(accounts.pool, token, accounts.lifetimes.idle)
            owes = user is not None and await owes_second_factor(accounts.pool, user, demand)
        except (psycopg.Error, PoolTimeout):
            raise LoginUnavailableError("The chat database does not answer.") from None
        if user is None:
            raise LoginRequiredError("The session has ended.")
        if owes and not TO_SET_UP.fullmatch(connection.scope["path"]):
            raise SecondFactorRequiredError(f"{user} must set up a second factor first.")
        connection.scope.setdefault("state", {})[LIVE_SESSION] = hash_of(token)
        return user

    return identify
