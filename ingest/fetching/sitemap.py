"""The pages a sitemap lists, also through an index of sitemaps."""

import gzip
import io
import zlib
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree

from ingest.fetching.client import WebFetcher, WebPage
from ingest.fetching.errors import UrlInvalidError
from ingest.fetching.requesting import checked_url
from parsing.data.safe_xml import SAFE
from parsing.errors import FileFormatError, FileProblemError, FileTooLargeError

MAX_PAGES = 50_000
MAX_SITEMAPS = 500
MAX_DEPTH = 3
HEAD_BYTES = 65_536
GZIP_MARK = b"\x1f\x8b"
XML_ROOTS = frozenset({"urlset", "sitemapindex"})


@dataclass
class SitemapTally:
    """What a walk through a sitemap has met so far; `problems` says which sitemaps could not be used."""

    pages: int = 0
    elsewhere: int = 0
    beyond: int = 0
    problems: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class _Listing:
    pages: list[str]
    sitemaps: list[str]


NOTHING = _Listing([], [])


def is_sitemap(page: WebPage) -> bool:
    """Whether the page is a sitemap: by its root element, or plain text of nothing but web addresses."""
    try:
        head = _unpacked(page, HEAD_BYTES, cut=True)
        return _root_name(head) in XML_ROOTS or _is_text_sitemap(page, head)
    except FileFormatError:
        return False


async def sitemap_pages(
    fetcher: WebFetcher, page: WebPage, tally: SitemapTally | None = None
) -> AsyncIterator[str]:
    """The addresses of the pages on the sitemap's own site, each once; `tally` is kept up to date.

    Pages of other sites are left out, and so is what lies beyond 50 000 pages or three levels. Raises
    FileFormatError and FileTooLargeError for the sitemap itself; one it names only adds to `problems`.
    """
    tally = tally or SitemapTally()
    walk = _Walk(fetcher, tally, {_site(page.url), _site(page.requested)}, {page.url})
    listing, depth = _read_listing(page, fetcher.limits.max_bytes), 1
    waiting: deque[tuple[str, int]] = deque()
    while True:
        for url in listing.pages:
            own = walk.fresh(url)
            if own is not None:
                yield own
        waiting.extend((url, depth + 1) for url in listing.sitemaps)
        if not waiting:
            return
        place, depth = waiting.popleft()
        listing = await walk.open(place, depth)


def _site(url: str) -> tuple[str, int | None]:
    parsed = checked_url(url)
    return parsed.host, parsed.port


def _unpacked(page: WebPage, room: int, *, cut: bool = False) -> bytes:
    data = page.data
    if data.startswith(GZIP_MARK):
        try:
            with gzip.open(io.BytesIO(data)) as packed:
                data = packed.read(room + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise FileFormatError(f"{page.url} is a broken gzip file.") from error
    if len(data) > room and not cut:
        raise FileTooLargeError(f"{page.url} unpacks to more than the limit of {room} bytes.")
    # Some servers put an empty line before the XML declaration, which no parser takes.
    return data[:room].lstrip()


def _elements(
    data: bytes, event: Literal["start", "end"], tag: tuple[str, ...] | None = None
) -> Iterator[tuple[str, etree._Element]]:  # pyright: ignore[reportPrivateUsage]
    return iter(
        etree.iterparse(
            io.BytesIO(data),
            events=(event,),
            tag=tag,
            **SAFE,
            remove_comments=True,
            remove_pis=True,
        )
    )


def _root_name(data: bytes) -> str:
    try:
        for _, element in _elements(data, "start"):
            return etree.QName(element).localname
    except etree.XMLSyntaxError:
        return ""
    return ""


def _is_text_sitemap(page: WebPage, data: bytes) -> bool:
    lines = data.decode("utf-8-sig", errors="replace").split()
    return (
        page.media_type == "text/plain"
        and bool(lines)
        and all(line.startswith(("http://", "https://")) for line in lines[:-1] or lines)
    )


def _read_listing(page: WebPage, room: int) -> _Listing:
    data = _unpacked(page, room)
    if _root_name(data) in XML_ROOTS:
        return _from_xml(page, data)
    if _is_text_sitemap(page, data):
        return _Listing(data.decode("utf-8-sig", errors="replace").split(), [])
    raise FileFormatError(f"{page.url} is not a sitemap.")


def _from_xml(page: WebPage, data: bytes) -> _Listing:
    listing = _Listing([], [])
    try:
        for _, element in _elements(data, "end", ("{*}url", "{*}sitemap")):
            name = etree.QName(element)
            kept = listing.pages if name.localname == "url" else listing.sitemaps
            # Only the entry's own address: pictures and translations have a "loc" in another namespace.
            place = element.find(etree.QName(name.namespace, "loc"))
            if place is not None and place.text and place.text.strip():
                kept.append(place.text.strip())
            element.clear()
            _forget_siblings(element)
    except etree.XMLSyntaxError as error:
        raise FileFormatError(f"{page.url} is not well-formed XML: {error.msg}.") from error
    return listing


def _forget_siblings(element: etree._Element) -> None:  # pyright: ignore[reportPrivateUsage]
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


@dataclass
class _Walk:
    fetcher: WebFetcher
    tally: SitemapTally
    sites: set[tuple[str, int | None]]
    seen: set[str]
    sitemaps: int = 0

    def fresh(self, url: str) -> str | None:
        normal = self._own(url)
        if normal is None or normal in self.seen:
            return None
        if self.tally.pages >= MAX_PAGES:
            self.tally.beyond += 1
            return None
        self.seen.add(normal)
        self.tally.pages += 1
        return normal

    async def open(self, url: str, depth: int) -> _Listing:
        normal = self._own(url)
        if normal is None or normal in self.seen:
            return NOTHING
        self.seen.add(normal)
        if depth > MAX_DEPTH or self.sitemaps >= MAX_SITEMAPS or self.tally.pages >= MAX_PAGES:
            self.tally.beyond += 1
            return NOTHING
        self.sitemaps += 1
        try:
            return _read_listing(await self.fetcher.fetch(normal), self.fetcher.limits.max_bytes)
        except FileProblemError as error:
            self.tally.problems.append(str(error))
            return NOTHING

    def _own(self, url: str) -> str | None:
        """The address in its normal form, or None for one that is not of this site."""
        try:
            normal = checked_url(url)
        except UrlInvalidError:
            self.tally.elsewhere += 1
            return None
        if (normal.host, normal.port) in self.sites:
            return str(normal)
        self.tally.elsewhere += 1
        return None
