"""What each site's robots.txt allows."""

import asyncio
from dataclasses import dataclass

import httpx2
from protego import Protego

from ingest.fetching.errors import FetchFailedError, RobotsForbiddenError, UrlInvalidError
from ingest.fetching.requesting import Requester, redirect_target, status_in_words

MAX_ROBOTS_BYTES = 500_000
MAX_ROBOTS_REDIRECTS = 5
MAX_CRAWL_DELAY = 5.0


@dataclass(frozen=True)
class RobotsRules:
    """The rules of one site. `closed` says why nothing may be fetched, `unreachable` why nothing can be."""

    parsed: Protego
    agent: str
    closed: str | None = None
    unreachable: str | None = None

    @property
    def delay(self) -> float:
        """The seconds to leave between two requests."""
        return min(self.parsed.crawl_delay(self.agent) or 0.0, MAX_CRAWL_DELAY)

    def check(self, url: httpx2.URL) -> None:
        """Raise RobotsForbiddenError, or FetchFailedError, where the page may not be fetched."""
        if self.unreachable:
            raise FetchFailedError(str(url), self.unreachable)
        if self.closed:
            raise RobotsForbiddenError(str(url), self.closed)
        if not self.parsed.can_fetch(str(url), self.agent):
            raise RobotsForbiddenError(str(url), "the site's robots.txt does not allow it.")


class RobotsBook:
    """The rules of every site met so far; each robots.txt is read once."""

    def __init__(self, requester: Requester) -> None:
        self._requester = requester
        self._agent = requester.limits.user_agent.partition("/")[0]
        self._rules: dict[str, RobotsRules] = {}

    async def rules(self, url: httpx2.URL) -> RobotsRules:
        """The rules of the page's site; raises AddressForbiddenError."""
        origin = str(url.copy_with(path="/", query=None))
        if origin not in self._rules:
            self._rules[origin] = await self._read(url.copy_with(path="/robots.txt", query=None))
        return self._rules[origin]

    async def _read(self, place: httpx2.URL) -> RobotsRules:
        # Half the time: were all of it used up, the site would be asked again for every page.
        try:
            async with asyncio.timeout(self._requester.limits.seconds / 2):
                return await self._follow(place)
        except TimeoutError:
            return self._without_file(unreachable="the server took too long to send its robots.txt.")
        except FetchFailedError as error:
            return self._without_file(unreachable=error.why)
        except UrlInvalidError:
            return self._without_file()

    async def _follow(self, place: httpx2.URL) -> RobotsRules:
        url = place
        for _ in range(MAX_ROBOTS_REDIRECTS + 1):
            answer = await self._requester.get(url, MAX_ROBOTS_BYTES, cut=True)
            target = redirect_target(answer)
            if target is None:
                return self._from_answer(answer.status, answer.data)
            url = target
        return self._without_file()

    def _from_answer(self, status: int, data: bytes) -> RobotsRules:
        if status >= 500:
            why = f"its robots.txt cannot be read (the server answered {status_in_words(status)})."
            return self._without_file(closed=why)
        if not 200 <= status < 300:
            return self._without_file()
        # Half a line at the cut could forbid or allow more than the whole one.
        whole = data if len(data) < MAX_ROBOTS_BYTES else data[: data.rfind(b"\n") + 1]
        return RobotsRules(Protego.parse(whole.decode("utf-8-sig", errors="replace")), self._agent)

    def _without_file(self, *, closed: str | None = None, unreachable: str | None = None) -> RobotsRules:
        return RobotsRules(Protego.parse(""), self._agent, closed=closed, unreachable=unreachable)
