"""All that AGENT_SERVICE_AUTH=accounts adds to the chat, put together."""

import re
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.routing import BaseRoute

from agent_service.accounts.by_provider import ProviderSignIn
from agent_service.accounts.forgetting import keep_forgetting
from agent_service.accounts.live import LiveSessions
from agent_service.accounts.one_time_codes import OneTimeCodes, Seal
from agent_service.accounts.provider import provider_of
from agent_service.accounts.second_factor import SecondFactor
from agent_service.accounts.sessions import Lifetimes
from agent_service.accounts.shut_out import ShutOutPeople
from agent_service.accounts.signing_in import Accounts
from agent_service.auth.login import Door, Identify, logged_in_user
from agent_service.routes.accounts.identify import by_session
from agent_service.routes.accounts.own_pages import account_address, sign_in_address
from agent_service.routes.accounts.pages import AccountPages
from agent_service.routes.accounts.provider_routes import ProviderRoutes
from agent_service.routes.accounts.routes import AccountRoutes
from agent_service.routes.accounts.second_factor_routes import SecondFactorRoutes
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import McpConnector
from agent_service.tools.groups import GroupsOfLogin
from database.pool import Pool
from serving.client_addresses import AddressOf

# What somebody needs who is not signed in yet. The chat's own page is not among it: it leads to signing in.
OPEN_PATH = re.compile(r"/(?:static/.*|config\.json|health|ready|metrics|sign-in(?:/.*)?|invitation(?:/.*)?)")
# Of these somebody guesses: they count for the address that asks.
COUNTED_PATH = re.compile(r"/(?:sign-in|invitation)(?:/.*)?")


@dataclass(frozen=True)
class SignInParts:
    """What the app takes: who asks, the routes, the door of `Login`, and the sessions that are watched."""

    identify: Identify
    routes: list[BaseRoute]
    door: Door
    live: LiveSessions
    accounts: Accounts
    shut_out: ShutOutPeople

    @property
    def works(self) -> Sequence[Callable[[], Coroutine[Any, Any, None]]]:
        """What runs beside the app."""
        return (
            self.live.keep_looking,
            self.shut_out.keep_looking,
            partial(keep_forgetting, self.accounts.pool, self.accounts.lifetimes),
        )


def is_open(path: str) -> bool:
    """Whether a path is there for people who have not signed in."""
    return OPEN_PATH.fullmatch(path) is not None


def is_counted(path: str) -> bool:
    """Whether an open path counts for who asks for it."""
    return COUNTED_PATH.fullmatch(path) is not None


def sign_in_parts(
    settings: AgentServiceSettings,
    pool: Pool,
    address_of: AddressOf,
    connector: McpConnector,
    seal: Seal,
) -> SignInParts:
    """The parts over an open pool of the chat database; the `connector` tells the MCP server
    which groups a provider names, and who is disabled.

    `seal` encrypts the secrets of second factors.

    Raises `LoginSettingsError`.
    """
    accounts = Accounts(pool, Lifetimes.of(settings))
    demand = settings.agent_service_second_factor
    identify = by_session(accounts, demand)
    provider = provider_of(settings)
    pages = AccountPages(identify, settings.chat_title, None if provider is None else provider.name)
    asked = AccountRoutes(accounts, logged_in_user, address_of, demand)
    second = SecondFactorRoutes(
        SecondFactor(accounts, OneTimeCodes(seal)), asked, lambda: settings.chat_title
    )
    routes = [*pages.routes(), *asked.routes(), *second.routes()]
    if provider is not None:
        routes += ProviderRoutes(ProviderSignIn(provider, accounts, GroupsOfLogin(connector)), asked).routes()
    return SignInParts(
        identify,
        routes,
        Door(is_open, sign_in_address, account_address),
        LiveSessions(pool),
        accounts,
        ShutOutPeople(pool, connector),
    )
