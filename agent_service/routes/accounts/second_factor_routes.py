"""The routes of a second factor: the code when signing in, and what people do with theirs."""

from collections.abc import Callable
from dataclasses import dataclass

import segno
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from agent_service.accounts.one_time_codes import address_for_apps, in_groups
from agent_service.accounts.second_factor import SecondFactor
from agent_service.routes.accounts.cookies import CODE, cookie_of, take_cookie
from agent_service.routes.accounts.requests import CodeSent, PasswordAndCode, PasswordSent, read
from agent_service.routes.accounts.routes import NO_STORE, AccountRoutes, with_database
from serving.refused_attempts import ACCOUNT


def qr_code(address: str) -> str:
    """A picture of the address for the camera of a phone, dark on light in every theme (`data:`)."""
    return segno.make_qr(address, error="m").svg_data_uri(scale=5, border=4, dark="#000", light="#fff")


@dataclass(frozen=True)
class SecondFactorRoutes:
    """`POST /sign-in/code`, and below `/account/second-factor` what is done with it.

    `title` says what the chat is called, which apps show beside the code.
    """

    second_factor: SecondFactor
    account_routes: AccountRoutes
    title: Callable[[], str]

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        handlers = {
            "/sign-in/code": self._finish,
            "/account/second-factor": self._prepare,
            "/account/second-factor/confirm": self._confirm,
            "/account/second-factor/codes": self._renew,
            "/account/second-factor/off": self._switch_off,
        }
        return [Route(path, with_database(handler), methods=["POST"]) for path, handler in handlers.items()]

    async def _finish(self, request: Request) -> Response:
        sent = await read(request, CodeSent)
        token = cookie_of(request, CODE)
        # For the audit log, should it be refused.
        request.scope.setdefault("state", {})[ACCOUNT] = await self.second_factor.whose(token)
        who = await self.second_factor.finish(token, sent.code, self.account_routes.visitor(request))
        response = self.account_routes.welcomed(request, who)
        take_cookie(request, response, CODE)
        return response

    async def _prepare(self, request: Request) -> Response:
        sent = await read(request, PasswordSent)
        user_id, visitor = self._who(request), self.account_routes.visitor(request)
        secret = await self.second_factor.prepare(user_id, sent.password, visitor)
        address = address_for_apps(secret, user_id.partition(":")[2], self.title())
        prepared = {"secret": in_groups(secret), "address": address, "picture": qr_code(address)}
        return JSONResponse(prepared, headers=NO_STORE)

    async def _confirm(self, request: Request) -> Response:
        sent = await read(request, CodeSent)
        visitor = self.account_routes.visitor(request)
        codes = await self.second_factor.confirm(self._who(request), sent.code, visitor)
        return JSONResponse({"recovery_codes": codes}, headers=NO_STORE)

    async def _renew(self, request: Request) -> Response:
        sent = await read(request, PasswordAndCode)
        visitor = self.account_routes.visitor(request)
        codes = await self.second_factor.renew(self._who(request), sent.password, sent.code, visitor)
        return JSONResponse({"recovery_codes": codes}, headers=NO_STORE)

    async def _switch_off(self, request: Request) -> Response:
        sent = await read(request, PasswordAndCode)
        visitor = self.account_routes.visitor(request)
        await self.second_factor.switch_off(self._who(request), sent.password, sent.code, visitor)
        return JSONResponse({}, headers=NO_STORE)

    def _who(self, request: Request) -> str:
        return self.account_routes.context_of(request).user_id
