"""What commands do in the knowledge base itself, as the account that runs them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from database.acting import act_as, now_acting
from database.home import open_data_folder
from database.settings import read_settings
from knowledge_base.bootstrap import knowledge_base_url, migrate_knowledge_base
from knowledge_base.settings import KnowledgeBaseSettings
from owflex.exit_codes import exit_code

Connection = AsyncConnection[TupleRow]
Result = TypeVar("Result")


def in_knowledge_base(work: Callable[[Connection], Awaitable[Result]], show: Callable[[Result], None]) -> int:
    """Do something in one transaction of the knowledge base and show what came of it; the exit code."""

    def run() -> int:
        settings = read_settings(KnowledgeBaseSettings)
        with knowledge_base_url(settings, open_data_folder(settings.owflex_home)) as url:
            show(asyncio.run(with_knowledge_base(url, work)))
        return 0

    return exit_code(run)


async def with_knowledge_base(url: str, work: Callable[[Connection], Awaitable[Result]]) -> Result:
    """What is done in one transaction of the knowledge base at `url`, which is brought up to date first."""
    await migrate_knowledge_base(url)
    async with await AsyncConnection.connect(url) as connection:
        await act_as(connection, now_acting())
        return await work(connection)
