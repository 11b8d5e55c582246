"""Who sends a request: the one local user, the bearer of a signed token, or whom a trusted proxy names."""

import logging
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_network

import jwt
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from agent_service.auth.jwks import SigningKeys
from agent_service.context import LOCAL_USER, RequestContext, locale_of
from agent_service.errors import (
    LoginRequiredError,
    LoginSettingsError,
    LoginUnavailableError,
    SecondFactorRequiredError,
)
from agent_service.i18n.catalog import say
from agent_service.settings.settings import AgentServiceSettings
from agent_service.visitors.tokens import FROM_A_SITE
from serving.client_addresses import AddressOf, Network, is_among
from serving.refusals import TOO_MANY_FAILED_LOGINS, Refuse, plain_refusal
from serving.token_buckets import TokenBuckets

logger = logging.getLogger("agent_service")

# What a browser needs before anybody can log in, and what is asked by those who run the service.
PUBLIC_PATH = re.compile(r"/(?:static/.*|config\.json|health|ready|metrics)?")
MAX_NAME_CHARACTERS = 200
LEEWAY_SECONDS = 10
# A page asks again when a login has ended; who tries tokens asks more often.
MAX_FAILURES_PER_MINUTE = 120
REQUIRED_CLAIMS = ["exp", "iss", "aud", "sub"]

Identify = Callable[[HTTPConnection], Awaitable[str]]


def is_public(path: str) -> bool:
    """Whether a page is there for everybody, logged in or not."""
    return PUBLIC_PATH.fullmatch(path) is not None


@dataclass(frozen=True)
class Door:
    """What is open to everybody, and where people sign in who ask for a page; nowhere without `sign_in`.

    `sign_in` gives the address for a path and a query, `set_up` the one where somebody who is signed in sets
    up what is demanded first.
    """

    is_open: Callable[[str], bool] = is_public
    sign_in: Callable[[str, str], str] | None = None
    set_up: Callable[[str], str] | None = None


def identify_by(settings: AgentServiceSettings) -> Identify | None:
    """Finds the user of a request by its token or proxy; None without a login, and with accounts, whose
    sessions are in the chat database.

    Raises `LoginSettingsError`. What it gives raises `LoginRequiredError` or `LoginUnavailableError`.
    """
    if settings.agent_service_auth == "jwt":
        return _by_token(settings)
    if settings.agent_service_auth == "proxy":
        return _by_proxy(settings)
    return None


def local_user(request: Request) -> RequestContext:
    """The one user of a service that has no login."""
    return RequestContext(LOCAL_USER, locale_of(request.headers.get("accept-language")))


def logged_in_user(request: Request) -> RequestContext:
    """The user that `Login` found. Raises `LoginRequiredError` when it was not there to look."""
    user = getattr(request.state, "user", None)
    if not isinstance(user, str):
        raise LoginRequiredError("Nobody has checked who this is.")
    return RequestContext(user, locale_of(request.headers.get("accept-language")))


def user_name(kind: str, name: object) -> str:
    """The name under which a user's chats and tasks are kept, e.g. `jwt:ann`; no login yields `local`.

    Raises `LoginRequiredError` when it is none.
    """
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_CHARACTERS:
        raise LoginRequiredError(f"The user's name is not a text of 1 to {MAX_NAME_CHARACTERS} characters.")
    if not name.isprintable() or name != name.strip():
        raise LoginRequiredError("The user's name has characters that are no text.")
    return f"{kind}:{name}"


def _by_token(settings: AgentServiceSettings) -> Identify:
    issuer, audience = settings.agent_service_jwt_issuer, settings.agent_service_jwt_audience
    shared, address = settings.agent_service_jwt_key, settings.agent_service_jwt_jwks_url
    if not issuer or not audience or (shared is None) == (address is None):
        raise LoginSettingsError(
            "AGENT_SERVICE_AUTH=jwt needs AGENT_SERVICE_JWT_ISSUER, AGENT_SERVICE_JWT_AUDIENCE and one of "
            "AGENT_SERVICE_JWT_JWKS_URL and AGENT_SERVICE_JWT_KEY."
        )
    keys = None if address is None else SigningKeys(address)
    max_seconds = settings.agent_service_jwt_max_hours * 3600 + LEEWAY_SECONDS

    async def identify(connection: HTTPConnection) -> str:
        token = _bearer(connection)
        if keys is not None:
            key, algorithms = await keys.key_of(token), ["RS256", "ES256"]
        else:
            assert shared is not None
            key, algorithms = shared.get_secret_value(), ["HS256"]
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=algorithms,
                audience=audience,
                issuer=issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": REQUIRED_CLAIMS},
            )
        except jwt.PyJWTError as error:
            raise LoginRequiredError(f"The token is not good: {type(error).__name__}.") from None
        if int(claims["exp"]) - time.time() > max_seconds:
            raise LoginRequiredError("The token is good for longer than AGENT_SERVICE_JWT_MAX_HOURS.")
        return user_name("jwt", claims["sub"])

    return identify


def _bearer(connection: HTTPConnection) -> str:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise LoginRequiredError("The request carries no bearer token.")
    return token.strip()


def _by_proxy(settings: AgentServiceSettings) -> Identify:
    networks = proxies_of(settings)
    if not networks:
        raise LoginSettingsError(
            "AGENT_SERVICE_AUTH=proxy needs AGENT_SERVICE_PROXY_ADDRESSES: the addresses of the proxy, "
            "e.g. 127.0.0.1 or 10.1.0.0/24."
        )
    header = settings.agent_service_proxy_header

    async def identify(connection: HTTPConnection) -> str:
        peer = connection.client.host if connection.client else ""
        if not is_among(peer, networks):
            raise LoginRequiredError(
                "The request does not come from a proxy of AGENT_SERVICE_PROXY_ADDRESSES."
            )
        # Two of them: one could be the visitor's own, which the proxy passed on.
        names = connection.headers.getlist(header)
        if len(names) != 1:
            raise LoginRequiredError(f"The request has {len(names)} headers {header} instead of one.")
        return user_name("proxy", names[0].encode("latin-1").decode(errors="replace"))

    return identify


def proxies_of(settings: AgentServiceSettings) -> list[Network]:
    """The proxies that are trusted. Raises `LoginSettingsError` when they cannot be read."""
    try:
        return [ip_network(address) for address in settings.agent_service_proxy_addresses]
    except ValueError as error:
        raise LoginSettingsError(f"AGENT_SERVICE_PROXY_ADDRESSES: {error}.") from None


PUBLIC_DOOR = Door()


class Login:
    """ASGI middleware: lets known users through and answers 401 to others, except for the page itself."""

    def __init__(
        self,
        app: ASGIApp,
        identify: Identify,
        address_of: AddressOf,
        refuse: Refuse = plain_refusal,
        door: Door = PUBLIC_DOOR,
    ) -> None:
        self._app = app
        self._identify = identify
        self._address_of = address_of
        self._refuse = refuse
        self._door = door
        self._failures = TokenBuckets[str](MAX_FAILURES_PER_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the user in the request's state, or refuse."""
        if scope["type"] != "http" or self._door.is_open(scope["path"]) or _is_visit(scope):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        locale = locale_of(connection.headers.get("accept-language"))
        try:
            user = await self._identify(connection)
        except SecondFactorRequiredError:
            await self._not_yet(locale, scope)(scope, receive, send)
        except LoginRequiredError as error:
            await self._failed(error, locale, scope)(scope, receive, send)
        except LoginUnavailableError:
            await _refusal(503, "login_unavailable", say(locale, "login.unavailable"))(scope, receive, send)
        else:
            scope.setdefault("state", {})["user"] = user
            await self._app(scope, receive, send)

    def _not_yet(self, locale: str, scope: Scope) -> Response:
        """What is answered to somebody who must set up a second factor first."""
        if self._door.set_up is not None and _is_page(scope):
            place = self._door.set_up(scope["path"])
            return RedirectResponse(place, 303, headers={"Cache-Control": "no-store"})
        return _refusal(403, "second_factor_required", say(locale, "login.second_factor"))

    def _failed(self, error: LoginRequiredError, locale: str, scope: Scope) -> Response:
        """What is answered to an attempt that failed; many from one address are not written to the log."""
        if wait := self._failures.take(self._address_of(scope)):
            return self._refuse(TOO_MANY_FAILED_LOGINS.after(wait), scope)
        if self._door.sign_in is not None and _is_page(scope):
            query = scope["query_string"].decode("latin-1")
            place = self._door.sign_in(scope["path"], query)
            return RedirectResponse(place, 303, headers={"Cache-Control": "no-store"})
        logger.info("A request was refused: %s", error)
        return _refusal(401, "login_required", say(locale, "login.required"))


def _is_visit(scope: Scope) -> bool:
    """Whether the door of the visitors has looked at this request; it opens to them what is theirs only."""
    return bool(scope.get("state", {}).get(FROM_A_SITE))


def _is_page(scope: Scope) -> bool:
    """Whether a person opens a page; what scripts ask for is answered in JSON."""
    return scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", "")


def _refusal(status: int, code: str, message: str) -> JSONResponse:
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "30"}}.get(status, {})
    content = {"error": {"code": code, "message": message}}
    return JSONResponse(content, status_code=status, headers=headers | {"Cache-Control": "no-store"})
