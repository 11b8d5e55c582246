"""`owflex model use`: the index is made with another model, and the setting follows it."""

import asyncio
from datetime import timedelta

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from database.home import open_data_folder
from database.settings import read_settings
from ingest.pipeline import open_ingest_pool
from ingest.reading.chunked_document import chunk_tokens
from ingest.settings import IngestSettings
from ingest.storing.reindexing import reindex
from knowledge_base.bootstrap import knowledge_base_url, migrate_knowledge_base
from knowledge_base.embedding import Embedder, create_embedder
from knowledge_base.embedding_spaces import KEPT, model_to_use
from knowledge_base.embedding_spaces import Progress as Filled
from owflex.configuration.config import write_setting
from owflex.errors import OwflexError
from owflex.exit_codes import exit_code
from owflex.model.naming import SETTING, full_name, set_in_data_folder, set_in_surroundings
from serving.terminal import Console, escape_line

console = Console(highlight=False)
MINUTE = timedelta(minutes=1)


class ContradictedError(OwflexError):
    """The environment names another model, and that would count."""


def run_use(model: str) -> int:
    """Change to the model; 0 when searches use it, also when they did before."""

    def run() -> int:
        name = full_name(model)
        check_surroundings(name)
        settings = read_settings(IngestSettings)
        folder = open_data_folder(settings.owflex_home)
        with knowledge_base_url(settings, folder) as url:
            asyncio.run(_use(url, create_embedder(name)))
        return 0

    return exit_code(run)


def check_surroundings(name: str) -> None:
    """Raise `ContradictedError` where the environment or `.env` keep programs from using the model."""
    found = set_in_surroundings()
    if found is not None and full_name(found.value) != name:
        raise ContradictedError(
            f"{SETTING} is set to {found.value} in {found.place}, and that counts: programs would not use "
            f"{name}. Take it out there (the index knows its model) or set it to {name}, and run this again."
        )


async def _use(url: str, embedder: Embedder) -> None:
    await migrate_knowledge_base(url)
    old = await model_to_use(url, None)
    name = embedder.model_name
    if old == name:
        _keep_setting(name)
        console.print(f"The documents are searched with {escape_line(name)} already.", soft_wrap=True)
        return
    # A model that cannot be loaded is said before anything is made for it.
    await asyncio.to_thread(embedder.embed_query, "ready")
    total = await _reindex(url, embedder)
    _keep_setting(name)
    console.print(
        f"{total} passages are searched with {escape_line(name)} now; running programs follow. "
        f"The vectors of {escape_line(old)} are removed after {KEPT // MINUTE} minutes: until then going "
        "back costs nothing.",
        soft_wrap=True,
    )
    if chunk_tokens(embedder.max_tokens) != chunk_tokens(create_embedder(old).max_tokens):
        console.print("Sync your folders once: passages are cut anew to the length that this model reads.")


async def _reindex(url: str, embedder: Embedder) -> int:
    columns = (TextColumn("Embedding"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=None)

        def show(filled: Filled) -> None:
            progress.update(task, completed=filled.done, total=filled.total)

        async with open_ingest_pool(url) as pool:
            return await reindex(url, pool, embedder, on_progress=show)


def _keep_setting(name: str) -> None:
    """The index knows its model; only where one is set in the data folder, it is set anew."""
    if set_in_data_folder() not in (None, name):
        written = write_setting(SETTING, name)
        console.print(
            f"{SETTING} is set to {escape_line(name)} in {escape_line(str(written))}.", soft_wrap=True
        )
