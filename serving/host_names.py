"""What the header `Host` of a request names."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def host_name(host: str) -> str:
    """The name in small letters, without the port; empty where the header is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def is_address(name: str) -> bool:
    """Whether it is an IP address: unlike a name, nobody can point it elsewhere (DNS rebinding)."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
