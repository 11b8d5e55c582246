"""Which addresses may be fetched from; nothing here leaves the machine."""

import httpx2
import pytest

from ingest.fetching import FetchLimits, open_fetcher
from ingest.fetching.addresses import is_public
from ingest.fetching.errors import AddressForbiddenError, FetchFailedError, UrlInvalidError
from ingest.fetching.requesting import checked_url
from serving.guarded_connections import resolve_host

LIMITS = FetchLimits(max_bytes=1000, seconds=20, retry_seconds=0)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
        "3fff::1",
        "fc00::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "not an address",
    ],
)
def test_an_address_inside_a_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.215.14", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::"],
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::]",
        "0.0.0.0",  # noqa: S104
        "0",
        "169.254.169.254",
        "10.0.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
    ],
)
async def test_every_spelling_of_a_private_address_is_refused(host: str) -> None:
    async with open_fetcher(LIMITS) as fetcher:
        with pytest.raises((AddressForbiddenError, UrlInvalidError)):
            await fetcher.fetch(f"http://{host}:9/page")


async def test_the_refusal_names_the_host_and_the_setting_that_allows_it() -> None:
    async with open_fetcher(LIMITS) as fetcher:
        with pytest.raises(AddressForbiddenError) as refusal:
            await fetcher.fetch("http://127.0.0.1/")
    assert str(refusal.value) == (
        "127.0.0.1 leads to a private address. Allow it with INGEST_ALLOW_PRIVATE_ADDRESSES=true."
    )


async def test_a_name_with_only_private_addresses_is_refused() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["10.0.0.7", "fd00::7"]

    async with open_fetcher(LIMITS, resolve) as fetcher:
        with pytest.raises(AddressForbiddenError, match=r"^intranet\.example leads to a private address\. "):
            await fetcher.fetch("http://intranet.example/")


async def test_a_name_nobody_has_is_told_in_plain_words() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return await resolve_host("name.invalid\0", port)

    async with open_fetcher(LIMITS, resolve) as fetcher:
        with pytest.raises(FetchFailedError, match="there is no host by this name"):
            await fetcher.fetch("http://name.invalid/")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "//example.com/",
        "example.com",
        "",
        "http://",
        "http:///path",
        "http://[::1/",
        "http://example.com:99999/",
        "http://exa\nmple.com/",
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(UrlInvalidError):
        checked_url(url)


@pytest.mark.parametrize("start", ["https://anna:secret@", "ftp://anna:secret@", "http://anna:se@cret@["])
def test_an_address_with_a_password_is_refused_and_the_password_not_repeated(start: str) -> None:
    with pytest.raises(UrlInvalidError) as refusal:
        checked_url(f"{start}example.com/page")
    assert "cret" not in str(refusal.value)
    assert "example.com/page" in str(refusal.value)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("HTTP://Example.COM:80", "http://example.com/"),
        ("https://example.com:443/a?b=c#part", "https://example.com/a?b=c"),
        ("https://example.com:8443/a b", "https://example.com:8443/a%20b"),
        (" https://bücher.example/ ", "https://xn--bcher-kva.example/"),
    ],
)
def test_an_address_is_brought_to_its_normal_form(written: str, normal: str) -> None:
    assert checked_url(written) == httpx2.URL(normal)
    assert str(checked_url(written)).encode("idna").decode().startswith(normal.partition("//")[0])
