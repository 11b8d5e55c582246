"""What clients of the wire can do to the HTTP of both servers: nothing that others notice."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from serving.heads import HeadLimits
from serving.patient_http import bounded_http
from serving.refusals import plain_refusal
from serving.slow_refusals import AT_ONCE, SlowRefusals
from serving.timed_bodies import BodyTimeLimit
from tests.support.fuzzing import EXAMPLES
from tests.support.patience import PATIENCE_SECONDS
from tests.support.serving import serving

# A connection on which nothing comes any more is closed at once.
SERVED: Any = {"lifespan": "off", "ws": "none", "timeout_keep_alive": 0.01}
HELLO = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Says hello; at /endless it never stops."""

    async def endless() -> AsyncGenerator[bytes]:
        while True:
            yield b"x" * 65_536
            await asyncio.sleep(0)

    answer: Any = PlainTextResponse("hello")
    if scope["type"] == "http" and scope["path"] == "/endless":
        answer = StreamingResponse(endless())
    await answer(scope, receive, send)


@asynccontextmanager
async def served(most: int = 0, **changed: float) -> AsyncGenerator[str]:
    """The app behind our HTTP, with other times if wanted."""
    http = type("Changed", (bounded_http(most, plain_refusal),), changed)
    async with serving(BodyTimeLimit(HeadLimits(app)), http=http, **SERVED) as url:
        yield url


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection of nobody's library."""
    address = urlsplit(url)
    return await asyncio.open_connection(address.hostname, address.port)


async def answer_to(url: str, sent: bytes) -> bytes:
    """All that comes back until the server closes the connection."""
    reader, writer = await connect(url)
    writer.write(sent)
    answer = bytearray()
    async with asyncio.timeout(PATIENCE_SECONDS):
        # What is sent after the end may reset the connection.
        with suppress(ConnectionResetError):
            while part := await reader.read(65_536):
                answer += part
    writer.close()
    return bytes(answer)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nhost: localhost\r\n" + b"a: b\r\n" * 3000 + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nhost: localhost\r\na: " + b"b" * 60_000 + b"\r\n\r\n", b"431"),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", b"414"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
        (b"GET\r\n\r\n", b"400"),
    ],
)
async def test_a_head_that_no_client_sends_is_refused_in_a_sentence(sent: bytes, status: bytes) -> None:
    async with served() as url:
        answer = await answer_to(url, sent)
    assert answer.split()[1] == status
    assert b'{"error":"' in answer
    assert b"connection: close" in answer.lower()


async def test_a_full_server_closes_who_waits_longest_and_serves_the_new_one() -> None:
    async with served(most=2) as url:
        first, first_writer = await connect(url)
        _, second_writer = await connect(url)
        third, third_writer = await connect(url)
        third_writer.write(HELLO)
        assert (await third.readline()).startswith(b"HTTP/1.1 200")
        assert await first.read() == b""
        for writer in (first_writer, second_writer, third_writer):
            writer.close()


async def test_a_server_full_of_work_says_so() -> None:
    async with served(most=1) as url:
        busy, writer = await connect(url)
        writer.write(b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n")
        await busy.readline()
        answer = await answer_to(url, b"")
        writer.transport.abort()
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 5" in answer.lower()


async def test_what_nobody_reads_is_ended() -> None:
    async with served(unread_seconds=0.1) as url:
        reader, writer = await connect(url)
        transport = cast(asyncio.Transport, writer.transport)
        transport.pause_reading()
        writer.write(b"GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n")
        await asyncio.sleep(0.3)
        transport.resume_reading()
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(1 << 34)


async def test_a_body_without_end_is_not_read_after_its_answer() -> None:
    async with served(linger_seconds=0.1) as url:
        reader, writer = await connect(url)
        writer.write(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000000\r\n\r\nx")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        await reader.read()
        assert reader.at_eof()
        writer.close()


async def test_requests_sent_at_once_are_answered_in_order() -> None:
    async with served() as url:
        answer = await answer_to(url, HELLO * 20)
    assert answer.count(b"HTTP/1.1 200") == 20


async def test_an_upgrade_to_a_websocket_is_a_request_like_others() -> None:
    upgrade = (
        b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    async with served() as url:
        answer = await answer_to(url, HELLO[:-2] + upgrade)
    assert answer.startswith(b"HTTP/1.1 200")


async def test_who_is_refused_again_and_again_is_answered_later(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 429, "headers": []})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        """Nobody reads it."""

    monkeypatch.setattr("serving.slow_refusals.asyncio.sleep", sleep)
    slow = SlowRefusals(refusing)
    for _ in range(AT_ONCE + 2):
        await slow({"type": "http", "headers": [], "client": ("192.0.2.1", 1)}, receive, send)
    assert waits == [1.0, 1.0]


LINES = st.sampled_from(
    [
        *(
            b"GET / HTTP/1.1",
            b"POST / HTTP/1.1",
            b"GET / HTTP/9.9",
            b"GET  /  HTTP/1.1",
            b"get",
            b"TRACE * HTTP/1.1",
        ),
        *(b"host: localhost", b"host:", b"content-length: 5", b"content-length: -1", b"content-length: 5, 6"),
        *(b"transfer-encoding: chunked", b"transfer-encoding: gzip, chunked", b"content-length: 9" * 9),
        *(b"expect: 100-continue", b"connection: upgrade", b"upgrade: websocket", b" folded", b"a\x00: b"),
        *(b"", b"5\r\nhello", b"ffffffffffffffff", b"0", b"-1", b"hello", b": ", b"\xff\xfe: \x80"),
    ]
)
SENT = st.one_of(
    st.binary(max_size=400),
    st.lists(LINES, max_size=12).map(b"\r\n".join),
    st.lists(LINES, max_size=12).map(lambda lines: b"\n".join([b"GET / HTTP/1.1", *lines])),
)


@pytest.fixture(scope="module")
async def url() -> AsyncGenerator[str]:
    """A server for all examples."""
    async with served(head_seconds=0.02, linger_seconds=0.02) as url:
        yield url


@settings(
    max_examples=EXAMPLES * 2,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(sent=HELLO + b"\x00\xff\r\n\r\n")
@example(sent=b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")
@given(sent=SENT)
async def test_whatever_bytes_come_the_server_answers_or_closes_and_goes_on(
    url: str, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BodyTimeLimit, "seconds", 0.02)
    answer = await answer_to(url, sent)
    statuses = [line.split()[1] for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    assert b"500" not in statuses
    assert (await answer_to(url, HELLO)).startswith(b"HTTP/1.1 200")
