"""Heads of requests that no honest client sends: many headers, long addresses."""

from starlette.types import ASGIApp, Receive, Scope, Send

from serving.refusals import CLOSING, HEAD_TOO_LARGE, TARGET_TOO_LONG, Refusal, Refuse, plain_refusal

MAX_HEADERS = 100
MAX_HEAD_BYTES = 16_384
HEAD_END = b"\r\n\r\n"
MAX_TARGET_BYTES = 8_192


class HeadLimits:
    """An ASGI app that gets no request with more headers or a longer address than these."""

    def __init__(self, app: ASGIApp, refuse: Refuse = plain_refusal) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        refusal = _problem(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        answer = self._refuse(refusal, scope)
        answer.headers.update(CLOSING)
        await answer(scope, receive, send)


def is_large(beginning: bytes) -> bool:
    """Whether the head that begins so is larger than these, by a look at its bytes only."""
    head = beginning.partition(HEAD_END)[0]
    return len(head) > MAX_HEAD_BYTES or head.count(b"\n") > MAX_HEADERS


def _problem(scope: Scope) -> Refusal | None:
    if len(scope["headers"]) > MAX_HEADERS:
        return HEAD_TOO_LARGE
    size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    return TARGET_TOO_LONG if size > MAX_TARGET_BYTES else None
