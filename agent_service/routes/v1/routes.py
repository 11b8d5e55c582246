"""`POST /v1/chat/completions`, `POST /v1/responses` and `GET /v1/models`, with errors in OpenAI's form."""

import json
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

import psycopg
from chatkit.errors import CustomStreamError
from openai.types import Model
from psycopg_pool import PoolTimeout
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from agent_service.context import RequestContext, locale_of
from agent_service.errors import RequestRefusedError, SaidError
from agent_service.http.bodies import demand_json, read_body
from agent_service.http.responses import ContextOf
from agent_service.http.sse import SSE, SSE_PREFIX, Framing, stream_response
from agent_service.i18n.catalog import UNEXPECTED
from agent_service.models.menu import model_names
from agent_service.requests.admission import Admission
from agent_service.requests.answers import AnswersInTurn
from agent_service.routes.v1.answering import Piece, answer
from agent_service.routes.v1.asked import Asked, asked_of_chat_completion, asked_of_response
from agent_service.routes.v1.chat_completions import ChatCompletions
from agent_service.routes.v1.responses import Responses
from agent_service.routes.v1.writing import Writing
from agent_service.server import OwFlexChatKitServer
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage.failures import storage_sentence
from agent_service.turn.clicks import ConnectMcp

logger = logging.getLogger("agent_service")

# The name of the model that answers by default, whichever it is.
OWFLEX = "owflex"
# Its events name their type themselves.
NAMED_EVENTS = replace(SSE, prefix=b"")
NO_STORE = {"Cache-Control": "no-store"}

Form = ChatCompletions | Responses
FormOf = Callable[[Asked, str], Form]


@dataclass(frozen=True)
class Api:
    """Answers questions of programs for the user that `context_of` finds; `connect` reads documents only."""

    settings: AgentServiceSettings
    server: OwFlexChatKitServer
    connect: ConnectMcp
    context_of: ContextOf
    admission: Admission
    answers: AnswersInTurn

    async def chat_completion(self, http: Request) -> Response:
        """`POST /v1/chat/completions`."""

        def form_of(asked: Asked, model: str) -> Form:
            return ChatCompletions(model, int(time.time()), asked.tokens, asked.with_usage)

        return await self._answer(http, asked_of_chat_completion, form_of, SSE)

    async def response(self, http: Request) -> Response:
        """`POST /v1/responses`."""

        def form_of(asked: Asked, model: str) -> Form:
            return Responses(model, int(time.time()), asked.tokens)

        return await self._answer(http, asked_of_response, form_of, NAMED_EVENTS)

    async def models(self, http: Request) -> Response:
        """`GET /v1/models`: the default, and those a user may choose from."""
        self.context_of(http)
        names = [OWFLEX, *model_names(self.settings, self.server.menu.chosen)]
        models = [Model(id=name, created=0, object="model", owned_by="owflex") for name in names]
        data = [model.model_dump(exclude_none=True) for model in models]
        return JSONResponse({"object": "list", "data": data}, headers=NO_STORE)

    async def _answer(
        self, http: Request, asked_of: Callable[[bytes], Asked], form_of: FormOf, framing: Framing
    ) -> Response:
        demand_json(http)
        asked = asked_of(await read_body(http, self.settings.max_request_bytes))
        asked, context = _with_default(asked), self.context_of(http)
        await self.admission.begin(asked.model, context)
        page = f"{context.base_url}#/knowledge" if self.settings.knowledge_view else None
        writing = Writing(context.locale, page, is_streamed=asked.stream)
        form, pieces = form_of(asked, asked.model or OWFLEX), self._pieces(asked, context)
        try:
            if not asked.stream:
                async with aclosing(pieces):
                    whole = await form.whole(pieces, writing)
                return Response(whole.model_dump_json(), media_type="application/json", headers=NO_STORE)
            events = _with_failures(form.streamed(pieces, writing), pieces, context.locale)
            return await stream_response(
                events, framing, self.settings.stream_keep_alive_seconds, context.locale
            )
        except RequestRefusedError as error:
            self.admission.give_back(context, error.code)
            raise

    async def _pieces(self, asked: Asked, context: RequestContext) -> AsyncGenerator[Piece]:
        """The answer, as soon as the user has few enough in the making.

        Raises `RequestRefusedError` (429).
        """
        with self.server.running.one():
            async with (
                self.answers.one(context.user_id),
                aclosing(answer(self.server, self.connect, asked, context)) as pieces,
            ):
                async for piece in pieces:
                    yield piece


def api_routes(api: Api) -> list[BaseRoute]:
    """The routes of the API."""
    return [
        Route("/v1/chat/completions", _answered(api.chat_completion), methods=["POST"]),
        Route("/v1/responses", _answered(api.response), methods=["POST"]),
        Route("/v1/models", _answered(api.models), methods=["GET"]),
    ]


def _with_default(asked: Asked) -> Asked:
    return replace(asked, model=None) if asked.model == OWFLEX else asked


async def _with_failures(
    events: AsyncGenerator[bytes], pieces: AsyncGenerator[Piece], locale: str
) -> AsyncGenerator[bytes]:
    """The events; a failure after the first one becomes the last one, as OpenAI's clients know it."""
    has_begun = False
    async with aclosing(pieces), aclosing(events):
        try:
            async for event in events:
                yield event
                has_begun = True
        except Exception as error:
            if not has_begun:
                raise
            _, failure = _failure(error, locale)
            yield SSE_PREFIX + json.dumps(failure).encode()


def _answered(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, it becomes an answer and goes to the log
            locale = locale_of(request.headers.get("accept-language"))
            refusal, failure = _failure(error, locale)
            headers = refusal.headers | NO_STORE
            return JSONResponse(failure, status_code=refusal.status, headers=headers)

    return handle


def _failure(error: Exception, locale: str) -> tuple[SaidError, dict[str, object]]:
    """The refusal that an error is, and how OpenAI says it."""
    refusal = _refusal(error)
    message = error.message if isinstance(error, CustomStreamError) else refusal.said(locale)
    kind = "rate_limit_error" if refusal.status == 429 else "server_error"
    kind = "invalid_request_error" if refusal.status < 429 else kind
    return refusal, {"error": {"message": message, "type": kind, "param": None, "code": refusal.code}}


def _refusal(error: Exception) -> SaidError:
    match error:
        case SaidError():
            return error
        case CustomStreamError():
            # Its sentence is in the user's language already.
            refusal = RequestRefusedError(UNEXPECTED, status=503, code="answer_failed")
            refusal.headers["x-should-retry"] = "true" if error.allow_retry else "false"
            return refusal
        case psycopg.Error() | PoolTimeout():
            logger.error("The chat database failed: %s", type(error).__name__)
            key = storage_sentence(error)
            return RequestRefusedError(key, status=503, code="database_unavailable")
        case _:
            logger.error("A request of the API failed", exc_info=error)
            return RequestRefusedError(UNEXPECTED, status=500, code="internal_error")
