"""Answers over HTTP: errors as JSON with a code for programs and a sentence for people."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping

from chatkit.store import NotFoundError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent_service.context import RequestContext, locale_of
from agent_service.errors import RequestRefusedError, SaidError

ContextOf = Callable[[Request], RequestContext]
USER_HEADER = "OwFlex-User"
Handler = Callable[[Request], Awaitable[Response]]


def error_response(error: SaidError, headers: Mapping[str, str]) -> JSONResponse:
    """An error as JSON: a short code for programs, and a sentence in the language of a request's headers."""
    message = error.said(locale_of(headers.get("accept-language")))
    return JSONResponse(
        {"error": {"code": error.code, "message": message}}, status_code=error.status, headers=error.headers
    )


def user_header(user_id: str) -> dict[str, str]:
    """The header that tells a page whose chats it shows, by a mark that names nobody.

    What the page keeps for a user on the device is not shown to the next one.
    """
    return {USER_HEADER: hashlib.sha256(f"owflex-page:{user_id}".encode()).hexdigest()[:16]}


def answered(handler: Handler) -> Handler:
    """The handler, with refusals as JSON with a sentence in the user's language."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except SaidError as error:
            return error_response(error, request.headers)
        except NotFoundError:
            gone = RequestRefusedError("refused.not_found", status=404, code="not_found")
            return error_response(gone, request.headers)

    return handle
