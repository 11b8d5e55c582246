"""From which address a request comes: that of the connection, or behind known proxies what they say."""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

FORWARDED_FOR = "x-forwarded-for"
Network = IPv4Network | IPv6Network
AddressOf = Callable[[Scope], str]


def is_among(peer: str, networks: Sequence[Network]) -> bool:
    """Whether an address belongs to one of the networks; what is no address belongs to none."""
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)


def address_by(networks: Sequence[Network]) -> AddressOf:
    """Finds the address of a client: behind these proxies the last one that is none of theirs."""

    def address_of(scope: Scope) -> str:
        client = scope.get("client")
        peer = str(client[0]) if client else ""
        if not is_among(peer, networks):
            return peer
        named = ",".join(Headers(scope=scope).getlist(FORWARDED_FOR)).split(",")
        foreign = (name for name in reversed([name.strip() for name in named]) if name)
        return next((name for name in foreign if not is_among(name, networks)), peer)

    return address_of
