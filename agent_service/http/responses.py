"""Answers over HTTP: errors as JSON with a code for programs and a sentence for people."""

from collections.abc import Awaitable, Callable, Mapping

from chatkit.store import NotFoundError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent_service.context import RequestContext
from agent_service.errors import RequestRefusedError

ContextOf = Callable[[Request], RequestContext]
Handler = Callable[[Request], Awaitable[Response]]


def error_response(
    message: str, *, status: int, code: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """An error as JSON: a short code for programs, a sentence for people."""
    return JSONResponse(
        {"error": {"code": code, "message": message}}, status_code=status, headers=dict(headers or {})
    )


def answered(handler: Handler) -> Handler:
    """The handler, with refusals as JSON with a sentence."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except RequestRefusedError as error:
            return error_response(str(error), status=error.status, code=error.code, headers=error.headers)
        except NotFoundError:
            message = "There is nothing of yours at this address, or it was used already."
            return error_response(message, status=404, code="not_found")

    return handle
