"""The HTTP client for language models: above it every server is a well-behaved one."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx2
from openai import AsyncOpenAI, DefaultAsyncHttpxClient
from pydantic_core import from_json, to_json

from agent_service.models.wire.answer import Answer, as_event
from agent_service.models.wire.calls import new_call_id
from agent_service.models.wire.events import EventReader
from agent_service.models.wire.plain_requests import PlainRequests
from agent_service.models.wire.refusals import Refusals, is_unreadable_answer
from agent_service.models.wire.request import TOOLS, Asked
from agent_service.tools.schemas import SEARCH
from serving.guarded_connections import transport_to_services

PATH = "/chat/completions"
MAX_ATTEMPTS = 8
MAX_REFUSAL_BYTES = 200_000
# The end of a body comes with `[DONE]`; a server that leaves it out is not waited for.
SECONDS_FOR_THE_END = 0.1
# What says how the bytes were sent; ours are sent otherwise.
OF_THE_BYTES = {"content-length", "content-encoding", "transfer-encoding", "content-type"}
DONE = b"data: [DONE]\n\n"


def open_client(
    base_url: str, key: str, timeout_seconds: float, retries: int, refusals: Refusals | None = None
) -> AsyncOpenAI:
    """A client of one server. `refusals` gathers what the server refuses."""
    http = WireClient(refusals or _refusals_of(base_url))
    return PlainRequests(
        api_key=key, base_url=base_url, max_retries=retries, timeout=timeout_seconds, http_client=http
    )


def open_guarded_client(
    base_url: str, key: str, timeout_seconds: float, retries: int, refusals: Refusals | None = None
) -> AsyncOpenAI:
    """As `open_client`, for an address that somebody entered: neither it nor where it redirects to leads to
    addresses at which no services are, such as those where clouds hand out credentials.
    """
    http = WireClient(refusals or _refusals_of(base_url), transport_to_services(base_url))
    return PlainRequests(
        api_key=key, base_url=base_url, max_retries=retries, timeout=timeout_seconds, http_client=http
    )


def _refusals_of(base_url: str) -> Refusals:
    return Refusals(urlsplit(base_url).netloc.rpartition("@")[2])


class WireClient(DefaultAsyncHttpxClient):
    """Sends what a server takes, and gives its answer as OpenAI would."""

    def __init__(self, refusals: Refusals, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        if transport is None:
            super().__init__()
        else:
            super().__init__(transport=transport, trust_env=False)
        self._refusals = refusals

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """The answer; a chat completion is asked again without what the server refuses."""
        if request.method != "POST" or not request.url.path.endswith(PATH):
            return await super().send(request, **options)
        asked = Asked(from_json(request.content))
        response = await self._ask(asked, request, options)
        if response.is_success and asked.is_streamed and not isinstance(response.stream, MeantStream):
            return self._meant(asked, response)
        return response

    async def _ask(self, asked: Asked, request: httpx2.Request, options: dict[str, Any]) -> httpx2.Response:
        """The first answer that is no refusal; the first refusal where leaving out does not help."""
        left_out = self._refusals.of(asked.model)
        first: httpx2.Response | None = None
        has_tried_again = False
        for _ in range(MAX_ATTEMPTS):
            if TOOLS in left_out and asked.is_forced and asked.is_streamed and asked.search:
                self._refusals.note(asked.model, "may refuse tools")
                return self._searching(asked, request)
            body = asked.without(left_out)
            response = await super().send(_with_body(request, body), **options)
            if response.is_success:
                self._refusals.learn(asked.model, left_out)
                return response
            response = await _refused(response)
            if asked.is_streamed and self._answer(asked).takes_generated(_json_in(response.content)):
                # What the model said stands in the error; it is read like any answer.
                return httpx2.Response(200, request=request, content=response.content)
            first = first or response
            if is_unreadable_answer(response.status_code, response.content) and not has_tried_again:
                has_tried_again = True
                continue
            cure = self._refusals.cure(asked, body, response.status_code, response.content)
            if cure is None or cure in left_out:
                break
            left_out |= {cure}
        assert first is not None
        return first

    def _searching(self, asked: Asked, request: httpx2.Request) -> httpx2.Response:
        """The answer of a model that would call tools if it knew them: a search for the question."""
        function = {"name": SEARCH, "arguments": json.dumps(asked.search)}
        call = {"index": 0, "id": new_call_id(), "type": "function", "function": function}
        event = {
            "model": asked.model,
            "choices": [{"delta": {"tool_calls": [call]}, "finish_reason": "stop"}],
        }
        written = httpx2.Response(200, request=request, content=as_event(event) + DONE)
        return self._meant(asked, written)

    def _meant(self, asked: Asked, response: httpx2.Response) -> httpx2.Response:
        """The response with its answer as a stream of well-formed chunks."""
        stream = MeantStream(response, self._answer(asked), self._refusals, asked)
        headers = {name: value for name, value in response.headers.items() if name not in OF_THE_BYTES}
        return httpx2.Response(
            response.status_code,
            headers=headers | {"content-type": "text/event-stream"},
            stream=stream,
            request=response.request,
            extensions=response.extensions,
        )

    def _answer(self, asked: Asked) -> Answer:
        begins_in_thought = "thinks unmarked" in self._refusals.habits_of(asked.model)
        return Answer(asked.tools, asked.said_before, begins_in_thought=begins_in_thought)


class MeantStream(httpx2.AsyncByteStream):
    """The bytes of a response with an answer as it is meant."""

    def __init__(self, response: httpx2.Response, answer: Answer, refusals: Refusals, asked: Asked) -> None:
        self._response = response
        self._bytes = response.aiter_bytes()
        self._reader = EventReader()
        self._answer = answer
        self._refusals = refusals
        self._asked = asked

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The answer's events. Raises `AnswerCutError` when it breaks off, and what the connection raises."""
        reader = self._reader
        async for data in self._bytes:
            if reader.is_done:
                # What comes now is read only so that the connection can be used again.
                continue
            for event in self._events(reader.feed(data)):
                yield event
            if reader.is_done:
                for event in self._end(reader):
                    yield event
        if not reader.is_done:
            for event in self._end(reader):
                yield event

    async def aclose(self) -> None:
        """Leave the connection for the next request when the answer is whole, else close it."""
        try:
            if self._reader.is_done:
                await self._read_to_the_end()
        finally:
            await self._response.aclose()

    async def _read_to_the_end(self) -> None:
        """Read what follows `[DONE]`, which nobody else does: the connection is free after it."""
        with suppress(TimeoutError, httpx2.HTTPError):
            async with asyncio.timeout(SECONDS_FOR_THE_END):
                async for _ in self._bytes:
                    pass

    def _events(self, events: Iterator[dict[str, Any]]) -> Iterator[bytes]:
        for event in events:
            yield from map(as_event, self._answer.feed(event))

    def _end(self, reader: EventReader) -> Iterator[bytes]:
        yield from self._events(reader.finish())
        yield from map(as_event, self._answer.finish(is_done=reader.is_done))
        if self._answer.thinks_unmarked:
            self._refusals.note(self._asked.model, "thinks unmarked")
        if reader.is_whole:
            self._refusals.note(self._asked.model, "comes whole")
        yield DONE


def _with_body(request: httpx2.Request, body: dict[str, Any]) -> httpx2.Request:
    headers = {name: value for name, value in request.headers.items() if name not in OF_THE_BYTES}
    headers["content-type"] = "application/json"
    return httpx2.Request(
        request.method, request.url, headers=headers, content=to_json(body), extensions=request.extensions
    )


def _json_in(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


async def _refused(response: httpx2.Response) -> httpx2.Response:
    """The response with its content read, as far as it says anything."""
    content = b""
    try:
        async for data in response.aiter_bytes():
            content += data
            if len(content) > MAX_REFUSAL_BYTES:
                break
    finally:
        await response.aclose()
    headers = {name: value for name, value in response.headers.items() if name not in OF_THE_BYTES}
    return httpx2.Response(
        response.status_code,
        headers=headers | {"content-type": response.headers.get("content-type", "")},
        content=content,
        request=response.request,
        extensions=response.extensions,
    )
