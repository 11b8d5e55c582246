"""The answer to a request whose caller cannot be looked up, because the knowledge base does not answer."""

import logging

import psycopg
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("mcp_server")

SENTENCE = "API keys cannot be checked right now: the database does not answer. Try again in a minute."
RETRY_AFTER_SECONDS = 30


class DatabaseOutageAnswer:
    """An ASGI app that answers 503 and a sentence, not 500, when Postgres fails before an answer began."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises what the app raises for any other reason."""
        held: list[Message] = []

        async def sent(message: Message) -> None:
            # The app below writes its 500 first and raises the reason afterwards.
            if held or (message["type"] == "http.response.start" and message["status"] == 500):
                held.append(message)
            else:
                await send(message)

        try:
            await self._app(scope, receive, sent)
        except psycopg.Error as error:
            if not held:
                raise
            held.clear()
            logger.error("The caller could not be looked up: %s", type(error).__name__)
            headers = {"retry-after": str(RETRY_AFTER_SECONDS)}
            await JSONResponse({"error": SENTENCE}, status_code=503, headers=headers)(scope, receive, send)
        finally:
            for message in held:
                await send(message)
