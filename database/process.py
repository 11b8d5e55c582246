"""What every program of ours does alike: listen, and stop cleanly."""

import signal
import socket
from ipaddress import ip_address
from types import FrameType
from typing import NoReturn

from database.errors import PortTakenError


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A bound socket. Raises `PortTakenError`, which names the setting that moves the port.

    Its protocol is named, else asyncio leaves Nagle's algorithm on and every answer waits 44 ms.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTakenError(
            f"{host}:{port} cannot be used ({error.strerror}). Stop the program that uses the port "
            f"(is OwFlex running already?), or set {setting} to a free one."
        ) from None
    return listener


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine reach an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def stop_on_sigterm() -> None:
    """Leave through the normal way on SIGTERM, so that Postgres is stopped when we were its last user."""
    signal.signal(signal.SIGTERM, _stop)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
