"""One bounded request at a time: checked address, bounded size, a few retries, failures in plain words."""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, cast

import httpcore2
import httpx2

from ingest.fetching.errors import AddressForbiddenError, FetchFailedError, UrlInvalidError
from parsing.errors import FileTooLargeError
from serving.guarded_connections import GuardedBackend, Permission, Resolver

RETRIES = 2
RETRIED_STATUSES = frozenset({429, 502, 503, 504})
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
MAX_RETRY_AFTER = 10.0
CONNECT_SECONDS = 10.0
HOST_PATTERN = re.compile(rb"[a-z0-9._-]+|[0-9a-f:.]+")
PASSWORD_PATTERN = re.compile(r"//[^/]*@")
KNOWN_ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})
CONNECTION_ERRORS = (
    httpcore2.NetworkError,
    httpcore2.TimeoutException,
    httpcore2.ProtocolError,
    httpx2.DecodingError,
)


@dataclass(frozen=True)
class FetchLimits:
    """How much, how long and from where may be fetched; `seconds` counts for a page with its redirects."""

    max_bytes: int
    seconds: float = 30
    redirects: int = 5
    allow_private: bool = False
    user_agent: str = "OwFlex/0.1 (+knowledge base ingestion)"
    retry_seconds: float = 0.5


@dataclass(frozen=True)
class Answer:
    """What a server answered to one request; only a success has `data`."""

    url: httpx2.URL
    status: int
    headers: httpx2.Headers
    data: bytes

    @property
    def succeeded(self) -> bool:
        """Whether the answer carries what was asked for."""
        return 200 <= self.status < 300


def checked_url(url: str) -> httpx2.URL:
    """The address in its normal form, without the fragment; raises UrlInvalidError."""
    shown = PASSWORD_PATTERN.sub("//", url)
    try:
        parsed = httpx2.URL(url.strip())
    except (httpx2.InvalidURL, UnicodeError) as error:
        raise UrlInvalidError(shown, "it is not a valid web address.") from error
    if parsed.scheme not in ("http", "https"):
        raise UrlInvalidError(shown, "only http:// and https:// addresses are.")
    if parsed.userinfo:
        raise UrlInvalidError(shown, "an address with a user name or password in it is not used.")
    port = 80 if parsed.port is None else parsed.port
    if not HOST_PATTERN.fullmatch(parsed.raw_host) or not 0 < port < 65_536:
        raise UrlInvalidError(shown, "it names no host, or one that cannot exist.")
    if "#" in url or parsed.path == "/":
        return parsed.copy_with(fragment=None, path=parsed.path)
    return parsed


def redirect_target(answer: Answer) -> httpx2.URL | None:
    """Where the answer sends the client, or None for an answer in itself; raises UrlInvalidError."""
    place = answer.headers.get("location")
    if answer.status not in REDIRECT_STATUSES or not place:
        return None
    try:
        return checked_url(str(answer.url.join(place)))
    except (httpx2.InvalidURL, UnicodeError) as error:
        raise UrlInvalidError(str(answer.url), "it redirects to something that is not an address.") from error


def status_in_words(status: int) -> str:
    """The status with its name, as in "404 Not Found"."""
    known = status in HTTPStatus.__members__.values()
    return f"{status} {HTTPStatus(status).phrase}" if known else str(status)


@asynccontextmanager
async def open_requester(
    limits: FetchLimits, resolve: Resolver, permits: Permission
) -> AsyncGenerator["Requester"]:
    """A requester whose connections are closed at the end; proxies of the environment are not used."""
    # A proxy would resolve the names itself, and then nothing here could check the addresses.
    async with httpx2.AsyncClient(
        transport=GuardedTransport(GuardedBackend(resolve, permits, AddressForbiddenError)),
        trust_env=False,
        headers={"User-Agent": limits.user_agent, "Accept-Encoding": "gzip, deflate"},
        timeout=httpx2.Timeout(limits.seconds, connect=min(CONNECT_SECONDS, limits.seconds)),
    ) as client:
        yield Requester(limits, client)


def _in_words(error: Exception) -> str:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its TLS certificate is not trusted ({cause.verify_message})."
        if isinstance(cause, ssl.SSLError):
            return f"no secure connection could be made ({cause.reason or cause})."
        if isinstance(cause, socket.gaierror | UnicodeError):
            return "there is no host by this name."
    if isinstance(error, httpcore2.TimeoutException):
        return "the server took too long to answer."
    if isinstance(error, httpx2.DecodingError):
        return "its compression is broken."
    if isinstance(error, httpcore2.ProtocolError):
        return f"the server does not speak HTTP properly ({error})."
    return f"the connection failed ({error or causes[-1]})."


def _causes(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def _is_lasting(error: Exception) -> bool:
    lasting = (ssl.SSLError, socket.gaierror, UnicodeError, httpx2.DecodingError)
    return any(isinstance(cause, lasting) for cause in _causes(error))


def _retry_after(headers: httpx2.Headers, otherwise: float) -> float:
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return otherwise
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


async def _bounded(response: httpx2.Response, room: int, *, cut: bool) -> bytes:
    url = str(response.url)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in KNOWN_ENCODINGS:
        raise FetchFailedError(url, f'the server compressed it with "{encoding}", which was not asked for.')
    data = bytearray()
    # Closing by hand: a generator that is left early closes only when it is collected.
    async with aclosing(response.aiter_bytes()) as pieces:
        async for piece in pieces:
            data += piece
            if len(data) > room:
                break
    if len(data) > room and not cut:
        raise FileTooLargeError(f"{url} is larger than the limit of {room} bytes.")
    return bytes(data[:room])


class Requester:
    """Sends requests for one fetcher; use `open_requester`."""

    def __init__(self, limits: FetchLimits, client: httpx2.AsyncClient) -> None:
        self.limits = limits
        self._client = client

    async def get(self, url: httpx2.URL, room: int, *, cut: bool = False) -> Answer:
        """The answer to one request, tried up to three times; redirects are answers too.

        More than `room` bytes are cut off there, or raise FileTooLargeError. Raises FetchFailedError and
        AddressForbiddenError.
        """
        for attempt in range(RETRIES + 1):
            pause = self.limits.retry_seconds * 2**attempt
            try:
                answer = await self._get_once(url, room, cut=cut)
            except CONNECTION_ERRORS as error:
                if attempt == RETRIES or _is_lasting(error):
                    raise FetchFailedError(str(url), _in_words(error)) from error
            else:
                if attempt == RETRIES or answer.status not in RETRIED_STATUSES:
                    return answer
                pause = _retry_after(answer.headers, pause)
                if pause > MAX_RETRY_AFTER:
                    return answer
            await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _get_once(self, url: httpx2.URL, room: int, *, cut: bool) -> Answer:
        response = await self._client.send(self._client.build_request("GET", url), stream=True)
        try:
            data = await _bounded(response, room, cut=cut) if response.is_success else b""
        finally:
            await response.aclose()
        return Answer(url, response.status_code, response.headers, data)


class GuardedTransport(httpx2.AsyncBaseTransport):
    """The HTTP client's way to the network, through the guarded backend."""

    def __init__(self, backend: GuardedBackend) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(), network_backend=backend, keepalive_expiry=5.0
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The server's answer, its body still to be read."""
        answer = await self._pool.handle_async_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        body = _Body(cast(AsyncIterable[bytes], answer.stream), answer)
        extensions = cast(dict[str, Any], answer.extensions)  # pyright: ignore[reportUnknownMemberType]
        return httpx2.Response(
            status_code=answer.status, headers=answer.headers, stream=body, extensions=extensions
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class _Body(httpx2.AsyncByteStream):
    def __init__(self, parts: AsyncIterable[bytes], answer: httpcore2.Response) -> None:
        self._parts = parts
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._parts:
            yield part

    async def aclose(self) -> None:
        await self._answer.aclose()
