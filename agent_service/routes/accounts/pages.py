"""The pages of accounts: to sign in, to use a one-time link, and of one's own account."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from agent_service.auth.login import Identify
from agent_service.context import locale_of
from agent_service.errors import LoginRequiredError, LoginUnavailableError, SecondFactorRequiredError
from agent_service.i18n.catalog import FALLBACK, language_of, load_catalogues, say
from agent_service.routes.accounts.own_pages import SIGN_IN, own_page

TEMPLATES = Path(__file__).parent / "templates"
HEADERS = {"Cache-Control": "no-store"}
SENTENCES = "account_page."
# What somebody comes back with from a provider.
PROBLEMS = ("provider_away", "provider_refused")

Content = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True)
class AccountPages:
    """The three pages, in the language of the browser; `title` is what the chat is called.

    `provider` is the name of the identity provider on its button; None without one.
    """

    identify: Identify
    title: str
    provider: str | None = None

    def routes(self) -> list[BaseRoute]:
        """`GET` of each."""
        return [
            Route(f"/{SIGN_IN}", self._sign_in, methods=["GET"]),
            Route("/invitation", self._invitation, methods=["GET"]),
            Route("/account", self._account, methods=["GET"]),
        ]

    async def _sign_in(self, request: Request) -> Response:
        following = own_page(request.query_params.get("next"))
        if await self._is_signed_in(request):
            return RedirectResponse(following or "./", 303, headers=HEADERS)
        return self._page(request, "sign-in", following, request.query_params.get("problem", ""))

    async def _invitation(self, request: Request) -> Response:
        return self._page(request, "invitation")

    async def _account(self, request: Request) -> Response:
        return self._page(request, "account")

    async def _is_signed_in(self, request: Request) -> bool:
        try:
            await self.identify(request)
        except SecondFactorRequiredError:
            return True
        except (LoginRequiredError, LoginUnavailableError):
            return False
        return True

    def _page(self, request: Request, page: str, following: str = "", problem: str = "") -> Response:
        locale = locale_of(request.headers.get("accept-language"))
        words = _sentences(locale)
        content = _template(page).substitute(words, provider=self._provider_button(locale, page))
        shown = _template("layout").substitute(
            words,
            lang=_lang(locale),
            title=words[f"title_{page.replace('-', '_')}"],
            chat=escape(self.title),
            next=escape(following),
            problem=escape(say(locale, f"accounts.{problem}")) if problem in PROBLEMS else "",
            content=content,
        )
        return HTMLResponse(shown, headers=HEADERS)

    def _provider_button(self, locale: str, page: str) -> str:
        if self.provider is None or page != SIGN_IN:
            return ""
        text = escape(say(locale, "account_page.with_provider", provider=self.provider))
        return f'<button type="button" id="provider">{text}</button>'


def _lang(locale: str) -> str:
    language = language_of(locale)
    return language if language in load_catalogues() else FALLBACK


def _sentences(locale: str) -> dict[str, str]:
    """What the pages say, ready to stand in them."""
    keys = [key for key in load_catalogues()[FALLBACK] if key.startswith(SENTENCES)]
    return {key.removeprefix(SENTENCES): escape(say(locale, key, provider="", least=12)) for key in keys}


@cache
def _template(name: str) -> Template:
    return Template((TEMPLATES / f"{name}.html").read_text(encoding="utf-8"))
