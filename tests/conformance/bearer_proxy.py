"""A door that adds the bearer token, for the suite can send no header of its own.

All other bytes pass as they are: the suite looks at how the server takes odd white space and foreign hosts.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

PIECE = 65536


@asynccontextmanager
async def bearer_proxy(port: int, token: str) -> AsyncGenerator[int]:
    """The port of loopback on which requests get the token and go on to `port`."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The suite opens connections that it never uses.
        with suppress(asyncio.IncompleteReadError):
            await _pass_on(reader, writer, port, token)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, token: str) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    to_reader, to_writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        to_writer.write(_with_token(head, token))
        sending = asyncio.create_task(_copy(reader, to_writer))
        await _copy(to_reader, writer)
        sending.cancel()
    finally:
        to_writer.close()


def _with_token(head: bytes, token: str) -> bytes:
    """The head with the token; one connection carries one request, so that no second head passes unseen."""
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith((b"connection:", b"authorization:"))]
    added = [f"Authorization: Bearer {token}".encode(), b"Connection: close"]
    return b"\r\n".join([first, *kept, *added]) + b"\r\n\r\n"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # Either side may hang up when it has seen enough.
    with suppress(ConnectionError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
