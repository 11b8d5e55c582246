"""Which addresses may be connected to, and connections that go to nothing else."""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import cast

import httpcore2

from ingest.fetching.errors import AddressForbiddenError

logger = logging.getLogger("ingest")

Resolver = Callable[[str, int], Awaitable[list[str]]]
Permission = Callable[[str], bool]

GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Python 3.11 takes these for public ones.
NOT_PUBLIC = (ipaddress.IPv6Network("3fff::/20"), ipaddress.IPv4Network("192.88.99.0/24"))


async def resolve_host(host: str, port: int) -> list[str]:
    """The addresses a name stands for, in the system's order of preference; raises ConnectError."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(error) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, also where it wraps an IPv4 address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = _wrapped_ipv4(ip)
        if inner is not None:
            return is_public(str(inner))
        if ip not in GLOBAL_UNICAST or ip.scope_id:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in NOT_PUBLIC)


def _wrapped_ipv4(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections to checked addresses only.

    A name is resolved here and nowhere else, and the connection goes to the very address that was checked:
    a name that changes its address in between gains nothing.
    """

    def __init__(self, resolve: Resolver, permits: Permission) -> None:
        self._resolve = resolve
        self._permits = permits
        self._network = cast(httpcore2.AsyncNetworkBackend, httpcore2.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the library's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first checked address that answers; raises AddressForbiddenError."""
        failure: Exception | None = None
        for address in await self._permitted(host, port):
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError(f"{host} has no address")

    async def _permitted(self, host: str, port: int) -> list[str]:
        addresses = await self._resolve(host, port)
        permitted = [address for address in addresses if self._permits(address)]
        if addresses and not permitted:
            logger.info("%s was not fetched: it leads to %s", host, addresses[0])
            raise AddressForbiddenError(host)
        return permitted
