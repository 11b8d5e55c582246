"""Web pages, one at a time from each host, within limits."""

import asyncio
import mimetypes
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath

import httpx2

from ingest.fetching.addresses import is_public
from ingest.fetching.errors import FetchFailedError, PageGoneError
from ingest.fetching.requesting import (
    Answer,
    FetchLimits,
    Requester,
    checked_url,
    open_requester,
    redirect_target,
    status_in_words,
)
from ingest.fetching.robots import RobotsBook
from parsing.formats import MEDIA_TYPES
from serving.guarded_connections import Permission, Resolver, resolve_host

GONE = (404, 410)
UNKNOWN_TYPE = "application/octet-stream"
PACKED_TYPES = {"gzip": "application/gzip"}
# The table of the standard library alone: the machine's own one differs from place to place.
KNOWN_ENDINGS = mimetypes.MimeTypes()


@dataclass(frozen=True)
class WebPage:
    """A page as it came. `url` is where it was in the end, `modified` the day as YYYY-MM-DD."""

    url: str
    requested: str
    media_type: str
    charset: str | None
    data: bytes
    modified: str | None


@asynccontextmanager
async def open_fetcher(
    limits: FetchLimits, resolve: Resolver = resolve_host, permits: Permission = is_public
) -> AsyncGenerator["WebFetcher"]:
    """A fetcher that keeps its connections and each site's rules until the end.

    It connects only to addresses that `permits` accepts, unless the limits allow private ones: then to any.
    """
    async with open_requester(limits, resolve, _anything if limits.allow_private else permits) as requester:
        yield WebFetcher(requester)


def _anything(_: str) -> bool:
    return True


@contextmanager
def _stopped(clock: asyncio.Timeout) -> Generator[None]:
    """Waiting for one's turn is not the server's time."""
    loop = asyncio.get_running_loop()
    left = (clock.when() or loop.time()) - loop.time()
    clock.reschedule(None)
    try:
        yield
    finally:
        clock.reschedule(loop.time() + left)


def _content_type(answer: Answer) -> tuple[str, str | None]:
    header = Message()
    header["Content-Type"] = answer.headers.get("content-type", "")
    charset = header.get_content_charset()
    if "/" in str(header["Content-Type"]) and header.get_content_type() != UNKNOWN_TYPE:
        return header.get_content_type(), charset
    return _guessed_type(PurePosixPath(answer.url.path)), charset


def _guessed_type(path: PurePosixPath) -> str:
    guessed, packing = KNOWN_ENDINGS.guess_type(path.name)
    if packing:
        return PACKED_TYPES.get(packing, UNKNOWN_TYPE)
    return MEDIA_TYPES.get(path.suffix.lower()) or guessed or UNKNOWN_TYPE


def _modified(answer: Answer) -> str | None:
    try:
        return parsedate_to_datetime(answer.headers.get("last-modified", "")).date().isoformat()
    except ValueError:
        return None


def _as_page(answer: Answer, requested: str) -> WebPage:
    media_type, charset = _content_type(answer)
    return WebPage(str(answer.url), requested, media_type, charset, answer.data, _modified(answer))


@dataclass
class _HostTurn:
    """Whose turn it is at one host, and when the last request there ended."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    ended: float | None = None

    async def rest(self, delay: float) -> None:
        if self.ended is not None and delay > 0:
            await asyncio.sleep(self.ended + delay - asyncio.get_running_loop().time())


class WebFetcher:
    """Fetches pages; use `open_fetcher`. Several pages may be asked for at the same time."""

    def __init__(self, requester: Requester) -> None:
        self.limits = requester.limits
        self._requester = requester
        self._robots = RobotsBook(requester)
        self._turns: dict[str, _HostTurn] = {}

    async def fetch(self, url: str) -> WebPage:
        """The page at the address, or where it redirects to.

        Raises UrlInvalidError, AddressForbiddenError, RobotsForbiddenError, FetchFailedError and
        FileTooLargeError.
        """
        start = checked_url(url)
        clock = asyncio.timeout(self.limits.seconds)
        try:
            async with clock:
                return _as_page(await self._follow(start, clock), url)
        except TimeoutError as error:
            why = f"it took longer than {self.limits.seconds:g} seconds."
            raise FetchFailedError(str(start), why) from error

    async def _follow(self, start: httpx2.URL, clock: asyncio.Timeout) -> Answer:
        url = start
        for _ in range(self.limits.redirects + 1):
            answer = await self._visit(url, clock)
            if answer.succeeded:
                return answer
            target = redirect_target(answer)
            if target is None:
                problem = PageGoneError if answer.status in GONE else FetchFailedError
                raise problem(str(url), f"the server answered {status_in_words(answer.status)}.")
            url = target
        raise FetchFailedError(str(start), f"it redirects more than {self.limits.redirects} times.")

    async def _visit(self, url: httpx2.URL, clock: asyncio.Timeout) -> Answer:
        turn = self._turns.setdefault(url.host, _HostTurn())
        with _stopped(clock):
            await turn.lock.acquire()
        try:
            rules = await self._robots.rules(url)
            rules.check(url)
            with _stopped(clock):
                await turn.rest(rules.delay)
            return await self._requester.get(url, self.limits.max_bytes)
        finally:
            turn.ended = asyncio.get_running_loop().time()
            turn.lock.release()
