"""A server for tests that listens as soon as it is asked to and stops as soon as the last answer is out."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]


class PromptServer(uvicorn.Server):
    """uvicorn without its clock, by which it looks ten times a second whether to stop, and then waits."""

    async def start(self, listener: socket.socket) -> None:
        """Return when the application is up and the server listens."""
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup(sockets=[listener])
        await self.on_tick(0)

    async def stop(self) -> None:
        """Close what is idle, let the running requests end, then the application."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks)
        await self.lifespan.shutdown()


@asynccontextmanager
async def serving(
    app: ASGIApp, listener: socket.socket | None = None, **settings: object
) -> AsyncGenerator[str]:
    """The URL of an ASGI app on `listener` or a free port of loopback, with these settings of uvicorn."""
    settings = {"http": "h11", "log_level": "warning", "access_log": False, "proxy_headers": False} | settings
    server = PromptServer(uvicorn.Config(app, **settings))  # pyright: ignore[reportArgumentType]
    with listener or bound_listener() as listener:
        await server.start(listener)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            await server.stop()


def bound_listener() -> socket.socket:
    """A socket on a free port of loopback, for an app that must know its address before it is made."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    return listener


def url_of(listener: socket.socket) -> str:
    """The address of what will listen there."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"
