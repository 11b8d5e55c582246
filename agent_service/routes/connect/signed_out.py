"""What people read who open a page to connect a client and are not signed in."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_service.context import locale_of
from agent_service.i18n.catalog import say
from agent_service.routes.connect.pages import ConnectPages
from agent_service.routes.connect.routes import CONNECT, CONNECTIONS, NO_STORE


class SignedOutPage:
    """ASGI middleware: a 401 for one of these pages becomes a page, too.

    Where there is a page to sign in, `Login` sends people there by itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] not in (CONNECT, CONNECTIONS):
            await self._app(scope, receive, send)
            return
        is_refused = False

        async def noting(message: Message) -> None:
            nonlocal is_refused
            if message["type"] == "http.response.start" and message["status"] == HTTPStatus.UNAUTHORIZED:
                is_refused = True
            if not is_refused:
                await send(message)

        await self._app(scope, receive, noting)
        if is_refused:
            locale = locale_of(Headers(scope=scope).get("accept-language"))
            content = ConnectPages(locale).problem(say(locale, "connect.signed_out"))
            await HTMLResponse(content, HTTPStatus.UNAUTHORIZED, NO_STORE)(scope, receive, send)
