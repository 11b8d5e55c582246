"""What commands do in the chat's database, in the name of the account that runs them."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import TypeVar

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from agent_service.errors import AgentServiceError
from database.acting import act_as, now_acting
from database.migrations import migrate
from database.pool import check_reachable
from owflex.errors import OwflexError
from owflex.exit_codes import exit_code
from owflex.keeping.places import Installation, opened_installation

Connection = AsyncConnection[TupleRow]
Result = TypeVar("Result")


def run_on_installation(work: Callable[[Installation], None], refused: type[OwflexError]) -> int:
    """Do it with the installation of the settings; the exit code. What the chat refuses becomes `refused`."""

    def run() -> int:
        with opened_installation() as installation:
            try:
                work(installation)
            except AgentServiceError as error:
                raise refused(str(error)) from None
        return 0

    return exit_code(run)


def in_chat(installation: Installation, work: Callable[[Connection], Awaitable[Result]]) -> Result:
    """What is done in one transaction of the chat's database, which is brought up to date first."""
    place = installation.chat

    async def done() -> Result:
        await check_reachable(place.url, place.setting)
        await migrate(place.url, files("agent_service") / "migrations")
        async with (
            await AsyncConnection.connect(place.url, autocommit=True) as connection,
            connection.transaction(),
        ):
            await act_as(connection, now_acting())
            return await work(connection)

    return asyncio.run(done())
