"""The header `Origin`: whether a page is one of ours, by scheme, host and port."""

from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


Origin = tuple[str, str, int]


def origin_of(address: str) -> Origin | None:
    """Scheme, host and port of an address or of an `Origin`; None for what is none, as `null`."""
    try:
        parts = urlsplit(address)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return None if not parts.hostname or port is None else (parts.scheme, parts.hostname, port)


def is_with_another_scheme(page: Origin, public: Origin) -> bool:
    """Whether a page has the host of the public address, and not its scheme."""
    return page[1] == public[1] and page[0] != public[0]


def is_own_page(origin: str, host: str, public_url: str | None) -> bool:
    """Whether a page with this `Origin` is one of the service that was asked for under the name `host`.

    Of the public address the scheme counts, too: what somebody puts into a page of `http://…` on the way is
    no page of `https://…`. Under another name only host and port count: a proxy in front may speak HTTPS.
    """
    page, public = origin_of(origin), origin_of(public_url or "")
    if page is None:
        return False
    if public is not None and is_with_another_scheme(page, public):
        return False
    return page == public or (host != "" and urlsplit(origin).netloc.lower() == host.lower())
