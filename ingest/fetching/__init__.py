"""Web pages and sitemaps, fetched politely and only from addresses that may be asked."""

from ingest.fetching.client import WebFetcher, WebPage, open_fetcher
from ingest.fetching.requesting import FetchLimits
from ingest.fetching.sitemap import SitemapTally, is_sitemap, sitemap_pages

__all__ = [
    "FetchLimits",
    "SitemapTally",
    "WebFetcher",
    "WebPage",
    "is_sitemap",
    "open_fetcher",
    "sitemap_pages",
]
