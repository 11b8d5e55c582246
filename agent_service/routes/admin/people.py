"""The people who may sign in: who they are, and what administrators do with them."""

import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from agent_service.accounts.administering import known, link_to_password, reset, shut_out, take_admin
from agent_service.accounts.links import DAYS, Purpose, address_of_link
from agent_service.accounts.people import (
    Connection,
    NewPerson,
    Person,
    add_person,
    list_people,
    set_admin,
    set_disabled,
    shown_name,
)
from agent_service.accounts.sessions import last_seen
from agent_service.context import RequestContext, base_url_of
from agent_service.errors import RequestRefusedError
from agent_service.routes.admin.guard import Administrators, read_json
from agent_service.routes.knowledge.calls import KnowledgeCalls
from agent_service.tools.connection import McpConnector, administration_scope
from database.acting import act_as
from serving.requests import acting_now

logger = logging.getLogger("agent_service")

MOST_SHOWN = 200
MAX_QUERY_CHARACTERS = 200

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
UserId = Annotated[str, StringConstraints(min_length=1, max_length=210, pattern=r"^[^\x00]*$")]
Change = Callable[[Connection, Person, str], Awaitable[None]]


class WantedPerson(BaseModel):
    """The body of `POST /admin/people`."""

    model_config = ConfigDict(extra="forbid")

    name: Text
    shown: Text = ""
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=320)] = ""
    is_admin: bool = False


class Whom(BaseModel):
    """The body of `POST /admin/people/{action}`."""

    model_config = ConfigDict(extra="forbid")

    user_id: UserId


@dataclass(frozen=True)
class Invited:
    """Somebody to whom a one-time link leads."""

    person: Person
    token: str
    purpose: Purpose


class People:
    """Answers what the tab of people asks."""

    def __init__(self, connector: McpConnector, admins: Administrators) -> None:
        self._admins = admins
        self._calls = KnowledgeCalls(admins.settings, connector)
        # `admins.only` has looked who is asking before any of this runs.
        self._scope = administration_scope(is_admin=True)

    async def show(self, request: Request, context: RequestContext) -> Mapping[str, Any]:
        """How people log in and, with accounts, who they are."""
        settings = self._admins.settings
        facts: dict[str, Any] = {"login": settings.agent_service_auth, "you": context.user_id}
        if settings.agent_service_auth != "accounts":
            return facts | {"administrators": settings.agent_service_admins}
        wanted = request.query_params.get("query", "")[:MAX_QUERY_CHARACTERS].strip().casefold()
        async with self._admins.pool.connection() as connection:
            everybody = [person for person in await list_people(connection) if _fits(person, wanted)]
            shown = everybody[:MOST_SHOWN]
            seen = await last_seen(connection, [person.user_id for person in shown])
        groups = await self._groups(context)
        people = [
            _facts(person)
            | {
                "seen_at": seen.get(person.user_id),
                "groups": None if groups is None else groups.get(person.user_id, []),
            }
            for person in shown
        ]
        return facts | {"people": people, "total": len(everybody), "provider": settings.oidc_issuer}

    async def add(self, request: Request, context: RequestContext) -> Mapping[str, Any]:
        """Add a person; the link by which they choose a password is in this answer alone."""
        wanted = await read_json(request, WantedPerson)
        email = shown_name(wanted.email, "") or None
        new = NewPerson(wanted.name, wanted.shown, email, wanted.is_admin)
        async with self._changing(context) as connection:
            person = await add_person(connection, new)
            token = await link_to_password(connection, person, "invitation")
        return _link(request, Invited(person, token, "invitation"))

    async def invite(self, request: Request, context: RequestContext) -> Mapping[str, Any]:
        """Another link for a person without a password."""
        user_id = (await read_json(request, Whom)).user_id
        async with self._changing(context) as connection:
            person = await known(connection, user_id)
            token = await link_to_password(connection, person, "invitation")
        return _link(request, Invited(person, token, "invitation"))

    async def reset(self, request: Request, context: RequestContext) -> Mapping[str, Any]:
        """End a person's password and sessions; a link to a new password."""
        user_id = (await read_json(request, Whom)).user_id
        async with self._changing(context) as connection:
            person = await known(connection, user_id)
            token = await reset(connection, person, context.user_id)
        return _link(request, Invited(person, token, "reset"))

    async def disable(self, request: Request, context: RequestContext) -> Mapping[str, Any]:
        """Shut a person out, with their keys and clients; what fails is said beside what was done."""
        return await self._told(context, await self._changed(request, context, shut_out), is_out=True)

    async def enable(self, request: Request, context: RequestContext) -> Mapping[str, Any]:
        """Let a person in again, with their keys and clients."""

        async def let_in(connection: Connection, person: Person, by: str) -> None:
            await set_disabled(connection, person.user_id, disabled=False)

        return await self._told(context, await self._changed(request, context, let_in), is_out=False)

    async def give_admin(self, request: Request, context: RequestContext) -> Mapping[str, Any]:
        """Make a person an administrator."""

        async def give(connection: Connection, person: Person, by: str) -> None:
            await set_admin(connection, person.user_id, is_admin=True)

        return _facts(await self._changed(request, context, give))

    async def take_admin(self, request: Request, context: RequestContext) -> Mapping[str, Any]:
        """Make a person no administrator any more."""
        return _facts(await self._changed(request, context, take_admin))

    async def _told(self, context: RequestContext, person: Person, *, is_out: bool) -> Mapping[str, Any]:
        """The person, after the MCP server was told in the administrator's name.

        Where that fails, it is told within seconds after it can be reached again.
        """
        arguments = {"user_id": person.user_id, "is_out": is_out}
        try:
            found = await self._calls.call(context, "set_shut_out", arguments, scope=self._scope)
        except RequestRefusedError as error:
            logger.error("The MCP server was not told that %s is out: %s", person.user_id, error.code)
            return _facts(person) | {"clients": None, "problem": error.said(context.locale)}
        keys = [key["name"] for key in found["keys"]]
        return _facts(person) | {"clients": found["clients"], "keys": keys}

    async def _changed(self, request: Request, context: RequestContext, change: Change) -> Person:
        user_id = (await read_json(request, Whom)).user_id
        async with self._changing(context) as connection:
            await change(connection, await known(connection, user_id), context.user_id)
            return await known(connection, user_id)

    @asynccontextmanager
    async def _changing(self, context: RequestContext) -> AsyncGenerator[Connection]:
        """A transaction in the administrator's name, which the audit log tells; only with accounts."""
        if self._admins.settings.agent_service_auth != "accounts":
            raise RequestRefusedError("people.no_accounts", status=409, code="no_accounts")
        async with self._admins.pool.connection() as connection, connection.transaction():
            await act_as(connection, acting_now(context.user_id, "chat"), once=True)
            yield connection

    async def _groups(self, context: RequestContext) -> Mapping[str, list[str]] | None:
        """The groups by person; None while the MCP server does not tell."""
        try:
            listed = await self._calls.call(context, "list_groups", {}, scope=self._scope)
        except RequestRefusedError as error:
            logger.warning("The groups of people cannot be shown: %s", error.code)
            return None
        found: defaultdict[str, list[str]] = defaultdict(list)
        for group in listed["groups"]:
            for user_id in {*group["members"], *group["members_by_claim"]}:
                found[user_id].append(group["name"])
        return found


def people_routes(connector: McpConnector, admins: Administrators) -> list[BaseRoute]:
    """`GET` and `POST /admin/people`, and `POST /admin/people/{action}`."""
    people = People(connector, admins)
    actions = {
        "": people.add,
        "/invite": people.invite,
        "/reset": people.reset,
        "/disable": people.disable,
        "/enable": people.enable,
        "/give-admin": people.give_admin,
        "/take-admin": people.take_admin,
    }
    return [
        Route("/admin/people", admins.only(people.show), methods=["GET"]),
        *(
            Route(f"/admin/people{path}", admins.only(handler), methods=["POST"])
            for path, handler in actions.items()
        ),
    ]


def _fits(person: Person, wanted: str) -> bool:
    texts = (person.user_id, person.display_name, person.email or "")
    return any(wanted in text.casefold() for text in texts)


def _facts(person: Person) -> dict[str, Any]:
    return asdict(person) | {"kind": "oidc" if person.name is None else "account"}


def _link(request: Request, invited: Invited) -> Mapping[str, Any]:
    address = address_of_link(base_url_of(request), invited.token)
    return _facts(invited.person) | {"link": address, "days": DAYS[invited.purpose]}
