"""A chat with accounts for tests, and browsers that keep their cookies."""

from dataclasses import dataclass
from typing import Any

import httpx2
from argon2 import PasswordHasher

from agent_service.accounts.links import make_link
from agent_service.accounts.people import NewPerson, add_person, set_password
from agent_service.app import create_app
from agent_service.models.providers import ChosenModel
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import McpConnector
from database.pool import Pool, fetch
from tests.agent_service.conftest import SIGNING_KEY

PASSWORD = "correct horse battery"
OTHER = "staple another horse"
LIST: dict[str, Any] = {"type": "threads.list", "params": {}}
LIGHT = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@dataclass(frozen=True)
class Browser:
    """A browser that keeps its cookies."""

    http: httpx2.AsyncClient

    async def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> httpx2.Response:
        """The answer to a form."""
        return await self.http.post(path, json=body or {}, headers=headers)

    async def sign_in(self, name: str = "ann", password: str = PASSWORD, **headers: str) -> httpx2.Response:
        """Sign in, or try to."""
        return await self.post("/sign-in", {"name": name, "password": password}, **headers)

    async def is_in(self) -> bool:
        """Whether the chat knows who this is."""
        return (await self.post("/chatkit", LIST)).status_code == 200

    @property
    def token(self) -> str:
        """The session in its cookie."""
        return self.http.cookies["owflex-session"]


@dataclass
class Service:
    """A running chat with accounts; each `browser` has cookies of its own."""

    url: str
    pool: Pool
    clients: list[httpx2.AsyncClient]

    def browser(self) -> Browser:
        """A new one."""
        client = httpx2.AsyncClient(base_url=self.url)
        self.clients.append(client)
        return Browser(client)

    async def add(self, name: str = "ann", password: str | None = PASSWORD) -> str:
        """Somebody with a password; the user id."""
        async with self.pool.connection() as connection:
            person = await add_person(connection, NewPerson(name))
            if password is not None:
                await set_password(connection, person.user_id, LIGHT.hash(password))
        return person.user_id

    async def link(self, purpose: Any, user_id: str | None) -> str:
        """The token of a one-time link."""
        async with self.pool.connection() as connection:
            return await make_link(connection, purpose, user_id)

    async def actions(self) -> list[tuple[str, str, str | None]]:
        """What the audit log tells."""
        rows = await fetch(self.pool, "select action, actor, about from audit_events order by id", {})
        return [(row[0], row[1], row[2]) for row in rows]


def settings_of(**settings: Any) -> AgentServiceSettings:
    return AgentServiceSettings(agent_service_auth="accounts", **settings)


def accounts_app(pool: Pool, model: Any, **settings: Any) -> Any:
    options = settings_of(**settings)
    chosen = ChosenModel(model, "scripted", "Testing AI", "OPENAI_API_KEY", extractive=False)
    return create_app(options, pool=pool, chosen=chosen, connector=McpConnector(options, SIGNING_KEY))
