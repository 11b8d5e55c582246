"""Connections that go to addresses which were checked, and to nothing else."""

import asyncio
import ipaddress
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from typing import cast

import httpcore2
import httpx2

from serving.certificates import certificates_for

logger = logging.getLogger("serving")

Resolver = Callable[[str, int], Awaitable[list[str]]]
Permission = Callable[[str], bool]
Refusal = Callable[[str], Exception]

# Where clouds answer to their machines, with credentials, outside of the ranges for that.
METADATA = frozenset(
    map(ipaddress.ip_address, ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"))
)
# Networks without IPv4 reach its addresses under these (RFC 6052): the last 32 bits are the address.
NAT64 = ipaddress.ip_network("64:ff9b::/96")


async def resolve_host(host: str, port: int) -> list[str]:
    """The addresses a name stands for, in the system's order of preference; raises ConnectError."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(error) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def can_be_a_service(address: str) -> bool:
    """Whether people run services at such an address: this machine, the local network, the internet.

    Not so link-local addresses, where clouds hand credentials to their machines, nor those of no machine.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if ip in NAT64:
        mapped = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if mapped is not None:
        return can_be_a_service(str(mapped))
    of_nobody = ip.is_link_local or ip.is_multicast or ip.is_unspecified
    return not of_nobody and ip not in METADATA and not (ip.is_reserved and ip.version == 4)


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections to checked addresses only; where all are refused it raises what `refusal` makes.

    A name is resolved here and nowhere else, and the connection goes to the very address that was checked:
    a name that changes its address in between gains nothing.
    """

    def __init__(self, resolve: Resolver, permits: Permission, refusal: Refusal) -> None:
        self._resolve = resolve
        self._permits = permits
        self._refusal = refusal
        self._network = cast(httpcore2.AsyncNetworkBackend, httpcore2.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the library's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first checked address that answers; raises the refusal."""
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
            logger.info("%s was not connected to: it leads to %s", host, addresses[0])
            raise self._refusal(host)
        return permitted


def transport_to_services(url: str) -> "GuardedTransport":
    """The way to a service whose address somebody entered: it, and where it redirects to, can be one."""
    backend = GuardedBackend(resolve_host, can_be_a_service, _no_service)
    return GuardedTransport(backend, certificates_for(url))


def _no_service(host: str) -> Exception:
    return httpcore2.ConnectError(f"{host} leads to an address at which no service is")


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """The HTTP client's way to the network, through the guarded backend; no proxy is used."""

    def __init__(self, backend: GuardedBackend, certificates: ssl.SSLContext) -> None:
        super().__init__(verify=certificates, trust_env=False)
        # A proxy would resolve the names itself, and the library has no place to give it a backend.
        self._pool = httpcore2.AsyncConnectionPool(ssl_context=certificates, network_backend=backend)
