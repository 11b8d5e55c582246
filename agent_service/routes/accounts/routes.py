"""The routes of people who sign in at the chat itself (AGENT_SERVICE_AUTH=accounts)."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass

import psycopg
from psycopg_pool import PoolTimeout
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from agent_service.accounts.one_time_codes import recovery_codes_left
from agent_service.accounts.people import NewPerson, find_named, find_person
from agent_service.accounts.second_step import MINUTES as MINUTES_FOR_CODE
from agent_service.accounts.second_step import Demand, owes_second_factor
from agent_service.accounts.secrets import hash_of
from agent_service.accounts.sessions import BrowserSession, Visitor, end_all, end_one, list_sessions
from agent_service.accounts.signing_in import Accounts, CodeAsked, SignedIn
from agent_service.context import RequestContext
from agent_service.errors import RequestRefusedError
from agent_service.http.responses import Handler, answered
from agent_service.routes.accounts.cookies import (
    BROWSER,
    CODE,
    SESSION,
    cookie_of,
    set_cookie,
    sign_in_browser,
    take_cookie,
)
from agent_service.routes.accounts.requests import (
    LinkLook,
    LinkUse,
    PasswordChange,
    SessionsEnd,
    SignIn,
    read,
)
from database.acting import act_as
from serving.client_addresses import AddressOf
from serving.refused_attempts import ACCOUNT
from serving.requests import acting_now

logger = logging.getLogger("agent_service")

SHOWN = ("name", "display_name", "email", "is_admin", "has_password", "has_second_factor")
NO_STORE = {"Cache-Control": "no-store"}


def with_database(handler: Handler) -> Handler:
    """The handler, with refusals as JSON; one of them is that the chat's database does not answer."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except (psycopg.Error, PoolTimeout) as error:
            logger.error("The chat database failed: %s", type(error).__name__)
            raise RequestRefusedError(
                "login.unavailable", status=503, code="login_unavailable", retry_after=30
            ) from None

    return answered(handle)


@dataclass(frozen=True)
class AccountRoutes:
    """What the pages of accounts ask for, as JSON."""

    accounts: Accounts
    context_of: Callable[[Request], RequestContext]
    address_of: AddressOf
    demand: Demand = "off"

    def routes(self) -> list[BaseRoute]:
        """All of them; `GET` of the pages is elsewhere."""
        handlers = {
            "/sign-in": self._sign_in,
            "/sign-out": self._sign_out,
            "/invitation/look": self._look,
            "/invitation": self._use,
            "/account/password": self._change_password,
            "/account/sessions/end": self._end_sessions,
        }
        return [
            *(Route(path, with_database(handler), methods=["POST"]) for path, handler in handlers.items()),
            Route("/account/me", with_database(self._me), methods=["GET"]),
        ]

    def visitor(self, request: Request) -> Visitor:
        """The browser that a request comes from."""
        return Visitor(
            request.headers.get("user-agent", ""),
            self.address_of(request.scope),
            cookie_of(request, SESSION),
            cookie_of(request, BROWSER),
        )

    def welcomed(self, request: Request, who: SignedIn | CodeAsked) -> Response:
        """The answer to somebody who is signed in now, or is asked for a code."""
        if isinstance(who, CodeAsked):
            asked = JSONResponse({"needs_code": True}, headers=NO_STORE)
            set_cookie(request, asked, CODE, who.token, MINUTES_FOR_CODE * 60)
            return asked
        response = JSONResponse({"user": who.user_id}, headers=NO_STORE)
        sign_in_browser(request, response, who, self.accounts.lifetimes)
        return response

    async def _sign_in(self, request: Request) -> Response:
        sent = await read(request, SignIn)
        try:
            who = await self.accounts.sign_in(sent.name, sent.password, self.visitor(request))
        except RequestRefusedError:
            await self._note_account(request, sent.name)
            raise
        return self.welcomed(request, who)

    async def _note_account(self, request: Request, name: str) -> None:
        """For the audit log; what is no account's name may be a password in the wrong field."""
        async with self.accounts.pool.connection() as connection:
            person = await find_named(connection, name)
        if person is not None:
            request.scope.setdefault("state", {})[ACCOUNT] = person.user_id

    async def _sign_out(self, request: Request) -> Response:
        if token := cookie_of(request, SESSION):
            await self.accounts.sign_out(self.context_of(request).user_id, token)
        response = JSONResponse({}, headers=NO_STORE)
        take_cookie(request, response, SESSION)
        return response

    async def _look(self, request: Request) -> Response:
        link = await self.accounts.look_at_link((await read(request, LinkLook)).token)
        return JSONResponse({"purpose": link.purpose, "name": link.name}, headers=NO_STORE)

    async def _use(self, request: Request) -> Response:
        sent = await read(request, LinkUse)
        new = NewPerson(sent.name, shown=sent.name, is_admin=True)
        who = await self.accounts.use_link(sent.token, sent.password, new, self.visitor(request))
        return self.welcomed(request, who)

    async def _me(self, request: Request) -> Response:
        user_id = self.context_of(request).user_id
        current = hash_of(cookie_of(request, SESSION) or "")
        async with self.accounts.pool.connection() as connection:
            person = await find_person(connection, user_id)
            if person is None:
                raise RequestRefusedError("login.required", status=401, code="login_required")
            sessions = await list_sessions(connection, user_id, self.accounts.lifetimes.idle, current)
            left = await recovery_codes_left(connection, user_id)
        owes = await owes_second_factor(self.accounts.pool, user_id, self.demand)
        facts = {name: getattr(person, name) for name in SHOWN}
        shown = facts | {"user": user_id, "sessions": [_as_json(one) for one in sessions]}
        shown |= {"recovery_codes_left": left, "owes_second_factor": owes}
        return JSONResponse(shown, headers=NO_STORE)

    async def _change_password(self, request: Request) -> Response:
        sent = await read(request, PasswordChange)
        user_id = self.context_of(request).user_id
        who = await self.accounts.change_password(user_id, sent.current, sent.new, self.visitor(request))
        return self.welcomed(request, who)

    async def _end_sessions(self, request: Request) -> Response:
        sent = await read(request, SessionsEnd)
        user_id = self.context_of(request).user_id
        async with self.accounts.pool.connection() as connection, connection.transaction():
            await act_as(connection, acting_now(user_id, "chat"), once=True)
            if sent.id is None:
                ended = await end_all(connection, user_id, but=hash_of(cookie_of(request, SESSION) or ""))
            else:
                ended = int(await end_one(connection, user_id, sent.id))
        return JSONResponse({"ended": ended}, headers=NO_STORE)


def _as_json(session: BrowserSession) -> dict[str, object]:
    values = asdict(session)
    return {name: values[name] for name in ("id", "browser", "address", "is_current")} | {
        name: values[name].isoformat() for name in ("created_at", "seen_at", "expires_at")
    }
