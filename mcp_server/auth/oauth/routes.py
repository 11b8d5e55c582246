"""The addresses of OAuth: the SDK's handlers, with limits, with our name in every answer, and for people."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastmcp.server.auth.redirect_validation import build_client_redirect
from mcp.server.auth.handlers.authorize import AuthorizationHandler
from mcp.server.auth.handlers.metadata import MetadataHandler, ProtectedResourceMetadataHandler
from mcp.server.auth.handlers.register import RegistrationHandler
from mcp.server.auth.handlers.token import TokenHandler
from mcp.server.auth.middleware.client_auth import AuthenticationError, ClientAuthenticator
from mcp.server.auth.routes import (
    AUTHORIZATION_PATH,
    REGISTRATION_PATH,
    REVOCATION_PATH,
    TOKEN_PATH,
    build_resource_metadata_url,
)
from mcp.server.auth.settings import ClientRegistrationOptions
from mcp.server.transport_security import RequestBodyLimitMiddleware
from mcp.shared.auth import OAuthMetadata, ProtectedResourceMetadata
from pydantic import AnyHttpUrl, ConfigDict, TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route, request_response
from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_server.auth.scopes import SCOPES
from serving.client_addresses import AddressOf
from serving.token_buckets import TokenBuckets

if TYPE_CHECKING:
    from mcp_server.auth.oauth.server import AuthorizationServer

Handler = Callable[[Request], Awaitable[Response]]

MAX_BODY_BYTES = 16_384
# From one address, and from all.
REGISTRATIONS_A_MINUTE, ALL_REGISTRATIONS_A_MINUTE = 20, 60
REQUESTS_A_MINUTE, ALL_REQUESTS_A_MINUTE = 60, 240
TOKENS_A_MINUTE, ALL_TOKENS_A_MINUTE = 600, 3000
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
AUTH_METHODS = ["none", "client_secret_post"]
METADATA_PATHS = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")

# Pydantic would else add a slash, and clients compare an issuer letter by letter.
_AS_WRITTEN = TypeAdapter(AnyHttpUrl, config=ConfigDict(url_preserve_empty_path=True))


def oauth_routes(server: "AuthorizationServer") -> list[Route]:
    """All addresses of the server."""
    authenticator = ClientAuthenticator(server)
    options = ClientRegistrationOptions(enabled=True, default_scopes=list(SCOPES))
    registration = _not_stored(RegistrationHandler(server, options).handle)
    address_of = server.address_of
    token = _for_this_resource(server, TokenHandler(server, authenticator).handle)
    return [
        *_metadata_routes(server),
        _route(
            AUTHORIZATION_PATH, _authorization(server), REQUESTS_A_MINUTE, ALL_REQUESTS_A_MINUTE, address_of
        ),
        _route(
            REGISTRATION_PATH, registration, REGISTRATIONS_A_MINUTE, ALL_REGISTRATIONS_A_MINUTE, address_of
        ),
        _route(TOKEN_PATH, token, TOKENS_A_MINUTE, ALL_TOKENS_A_MINUTE, address_of),
        _route(
            REVOCATION_PATH,
            _revocation(server, authenticator),
            TOKENS_A_MINUTE,
            ALL_TOKENS_A_MINUTE,
            address_of,
        ),
    ]


class Limited:
    """An ASGI app that takes no more and no larger requests than these from one address, and from all."""

    def __init__(self, handler: Handler, each: int, together: int, address_of: AddressOf) -> None:
        self._address_of = address_of
        self._app: ASGIApp = RequestBodyLimitMiddleware(request_response(handler), MAX_BODY_BYTES)
        self._each = TokenBuckets[str](each)
        self._together = TokenBuckets[str](together)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer 429."""
        if wait := self._each.take(self._address_of(scope)) or self._together.take(""):
            error = {"error": "temporarily_unavailable", "error_description": f"Too many. Wait {wait} s."}
            headers = NO_STORE | {"Retry-After": str(wait)}
            await JSONResponse(error, HTTPStatus.TOO_MANY_REQUESTS, headers)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _route(path: str, handler: Handler, each: int, together: int, address_of: AddressOf) -> Route:
    methods = ["GET", "POST"] if path == AUTHORIZATION_PATH else ["POST"]
    return Route(path, Limited(handler, each, together, address_of), methods=methods)


def _metadata_routes(server: "AuthorizationServer") -> list[Route]:
    addresses = server.addresses
    metadata = OAuthMetadata(
        issuer=_AS_WRITTEN.validate_python(addresses.issuer),
        authorization_endpoint=AnyHttpUrl(f"{addresses.issuer}{AUTHORIZATION_PATH}"),
        token_endpoint=AnyHttpUrl(f"{addresses.issuer}{TOKEN_PATH}"),
        registration_endpoint=AnyHttpUrl(f"{addresses.issuer}{REGISTRATION_PATH}"),
        revocation_endpoint=AnyHttpUrl(f"{addresses.issuer}{REVOCATION_PATH}"),
        scopes_supported=list(SCOPES),
        response_types_supported=["code"],
        grant_types_supported=["authorization_code", "refresh_token"],
        token_endpoint_auth_methods_supported=AUTH_METHODS,
        revocation_endpoint_auth_methods_supported=AUTH_METHODS,
        code_challenge_methods_supported=["S256"],
        client_id_metadata_document_supported=True,
        authorization_response_iss_parameter_supported=True,
    )
    resource = ProtectedResourceMetadata(
        resource=AnyHttpUrl(addresses.resource),
        authorization_servers=[
            _AS_WRITTEN.validate_python(issuer) for issuer in (addresses.issuer, *server.also)
        ],
        scopes_supported=list(SCOPES),
        resource_name="OwFlex",
    )
    resource_path = urlsplit(str(build_resource_metadata_url(resource.resource))).path
    of_server, of_resource = MetadataHandler(metadata), ProtectedResourceMetadataHandler(resource)
    return [
        *(Route(path, of_server.handle, methods=["GET"]) for path in METADATA_PATHS),
        Route(resource_path, of_resource.handle, methods=["GET"]),
    ]


def _authorization(server: "AuthorizationServer") -> Handler:
    handler = AuthorizationHandler(server)

    async def handle(request: Request) -> Response:
        response = await handler.handle(request)
        location = response.headers.get("location")
        if location is None and "text/html" in request.headers.get("accept", ""):
            # Nobody can be sent back: a person is told so, in their language.
            problem = server.addresses.consent(problem="unknown_client")
            return RedirectResponse(problem, HTTPStatus.FOUND, NO_STORE)
        if location is not None and not location.startswith(server.addresses.consent()):
            response.headers["location"] = build_client_redirect(location, {}, iss=server.addresses.issuer)
        return response

    return handle


def _not_stored(handle: Handler) -> Handler:
    """The handler, whose answers hold secrets."""

    async def registered(request: Request) -> Response:
        response = await handle(request)
        response.headers.update(NO_STORE)
        return response

    return registered


def _for_this_resource(server: "AuthorizationServer", handle: Handler) -> Handler:
    """The handler, for requests that name no other resource (RFC 8707), which the SDK does not look at."""

    async def handled(request: Request) -> Response:
        form = await request.form()
        if any(not server.is_ours(str(named)) for named in form.getlist("resource")):
            error = {"error": "invalid_target", "error_description": f"Use {server.addresses.resource}."}
            return JSONResponse(error, HTTPStatus.BAD_REQUEST, NO_STORE)
        return await handle(request)

    return handled


def _revocation(server: "AuthorizationServer", authenticator: ClientAuthenticator) -> Handler:
    """Ours, as the SDK's demands a secret of clients that have none."""

    async def handle(request: Request) -> Response:
        try:
            client = await authenticator.authenticate_request(request)
        except AuthenticationError as error:
            said = {"error": "invalid_client", "error_description": error.message}
            return JSONResponse(said, HTTPStatus.UNAUTHORIZED, NO_STORE)
        token = (await request.form()).get("token")
        if not isinstance(token, str) or not token:
            said = {"error": "invalid_request", "error_description": "The token is missing."}
            return JSONResponse(said, HTTPStatus.BAD_REQUEST, NO_STORE)
        await server.revoke(client.client_id, token)
        return Response(headers=NO_STORE)

    return handle
