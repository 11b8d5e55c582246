"""`owflex model show`: whose vectors there are."""

import asyncio
from dataclasses import asdict

from rich.table import Column, Table

from database.home import open_data_folder
from database.pool import create_pool
from database.settings import read_settings
from knowledge_base.bootstrap import knowledge_base_url, migrate_knowledge_base
from knowledge_base.embedding import DEFAULT_MODEL
from knowledge_base.embedding_spaces import SpaceState, all_spaces
from knowledge_base.settings import KnowledgeBaseSettings
from owflex.exit_codes import exit_code
from serving.terminal import Console, escape_line, json_text

console = Console(highlight=False)
STATES = {"in use": "in use", "begun": "begun: owflex model use goes on", "old": "old: removed soon"}


def run_show(*, as_json: bool) -> int:
    """Print the models that have vectors; the exit code."""

    def run() -> int:
        settings = read_settings(KnowledgeBaseSettings)
        with knowledge_base_url(settings, open_data_folder(settings.owflex_home)) as url:
            spaces = asyncio.run(_spaces(url))
        if as_json:
            print(json_text([asdict(space) for space in spaces]))  # noqa: T201 - the result itself
        elif not spaces:
            default = settings.embedding_model or DEFAULT_MODEL
            console.print(
                f"There are no vectors yet; documents will be embedded with {escape_line(default)}."
            )
        else:
            console.print(_table(spaces))
        return 0

    return exit_code(run)


async def _spaces(url: str) -> list[SpaceState]:
    await migrate_knowledge_base(url)
    async with create_pool(url) as pool, pool.connection() as connection:
        return await all_spaces(connection)


def _table(spaces: list[SpaceState]) -> Table:
    table = Table("model", Column("dimensions", justify="right"), Column("vectors", justify="right"), "")
    for space in spaces:
        cells = (str(space.dimensions), str(space.vectors), STATES[space.state])
        table.add_row(escape_line(space.model_name), *cells)
    return table
