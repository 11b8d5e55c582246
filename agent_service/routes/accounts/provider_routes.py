"""The routes of signing in by a provider: there, and back."""

import logging
from dataclasses import dataclass

import psycopg
from psycopg_pool import PoolTimeout
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from agent_service.accounts.by_provider import MINUTES, ProviderSignIn, Returned
from agent_service.context import base_url_of
from agent_service.errors import LoginRequiredError, LoginUnavailableError, RequestRefusedError
from agent_service.routes.accounts.cookies import (
    PROVIDER,
    cookie_of,
    set_cookie,
    sign_in_browser,
    take_cookie,
)
from agent_service.routes.accounts.own_pages import SIGN_IN, own_page
from agent_service.routes.accounts.requests import ProviderStart, read
from agent_service.routes.accounts.routes import NO_STORE, AccountRoutes, with_database

logger = logging.getLogger("agent_service")

CALLBACK = f"{SIGN_IN}/callback"
MAX_CHARACTERS = 4000


@dataclass(frozen=True)
class ProviderRoutes:
    """`POST /sign-in/provider` says where to go; `GET /sign-in/callback` is where people come back."""

    signing_in: ProviderSignIn
    account_routes: AccountRoutes

    def routes(self) -> list[BaseRoute]:
        """Both."""
        return [
            Route(f"/{SIGN_IN}/provider", with_database(self._begin), methods=["POST"]),
            Route(f"/{CALLBACK}", self._finish, methods=["GET"]),
        ]

    async def _begin(self, request: Request) -> Response:
        sent = await read(request, ProviderStart)
        redirect_uri = f"{base_url_of(request)}{CALLBACK}"
        try:
            address, token = await self.signing_in.begin(redirect_uri, own_page(sent.next))
        except LoginUnavailableError:
            raise RequestRefusedError(
                "accounts.provider_away", status=503, code="provider_unavailable", retry_after=30
            ) from None
        response = JSONResponse({"location": address}, headers=NO_STORE)
        set_cookie(request, response, PROVIDER, token, MINUTES * 60)
        return response

    async def _finish(self, request: Request) -> Response:
        asked = request.query_params
        returned = Returned(
            cookie_of(request, PROVIDER),
            asked.get("state", "")[:MAX_CHARACTERS],
            asked.get("code", "")[:MAX_CHARACTERS],
            asked.get("iss"),
        )
        try:
            if "error" in asked:
                raise LoginRequiredError(f"The provider says: {asked['error'][:100]!r}.")
            who, page = await self.signing_in.finish(returned, self.account_routes.visitor(request))
        except LoginRequiredError as error:
            logger.info("Signing in by the provider was refused: %s", error)
            return self._back(request, f"../{SIGN_IN}?problem=provider_refused")
        except (LoginUnavailableError, psycopg.Error, PoolTimeout):
            return self._back(request, f"../{SIGN_IN}?problem=provider_away")
        response = self._back(request, f"../{page}")
        sign_in_browser(request, response, who, self.signing_in.accounts.lifetimes)
        return response

    def _back(self, request: Request, place: str) -> Response:
        response = RedirectResponse(place, 303, headers=NO_STORE)
        take_cookie(request, response, PROVIDER)
        return response
