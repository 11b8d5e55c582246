"""What every program of ours does alike: listen, give way, and stop cleanly."""

import os
import signal
import socket
from contextlib import suppress
from ipaddress import ip_address
from types import FrameType
from typing import NoReturn

from database.errors import PortTakenError

# A third of the processor beside one that is not nice.
NICER_BY = 5


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


def reachable_host(host: str) -> str:
    """The host under which this machine reaches what listens on an address, as it stands in a URL."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(host, host)  # noqa: S104


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine reach an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def let_others_go_first(pid: int) -> None:
    """Let a child of this process have the processor when those that answer people leave it.

    A child that has ended already, and a system without such ranks, are fine.
    """
    if hasattr(os, "setpriority"):
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICER_BY))


def stop_on_sigterm() -> None:
    """Leave through the normal way on SIGTERM, so that Postgres is stopped when we were its last user."""
    signal.signal(signal.SIGTERM, _stop)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
