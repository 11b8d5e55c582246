"""A TCP line to a server on this machine that can be cut, and mended."""

import asyncio
from urllib.parse import parse_qs, urlsplit


class FaultProxy:
    """Passes bytes on to the server at `target`, an HTTP or Postgres URL (also one with a Unix socket)."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        folder = parse_qs(parts.query).get("host", [""])[0]
        self._socket = f"{folder}/.s.PGSQL.{parts.port or 5432}" if folder.startswith("/") else None
        self._port = parts.port
        self._writers: list[asyncio.StreamWriter] = []
        self._is_cut = False
        self.refused = 0
        self.was_refused = asyncio.Event()

    async def __aenter__(self) -> "FaultProxy":
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        self._server.close()

    def cut(self) -> None:
        """Break all connections and refuse new ones."""
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def mend(self) -> None:
        """Pass on again."""
        self._is_cut = False

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            self.refused += 1
            self.was_refused.set()
            writer.transport.abort()
            return
        far_reader, far_writer = await self._far_end()
        self._writers += [writer, far_writer]
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    async def _far_end(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._socket is not None:
            return await asyncio.open_unix_connection(self._socket)
        return await asyncio.open_connection("127.0.0.1", self._port)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        return
    finally:
        writer.close()
