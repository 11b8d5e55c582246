"""`python -m owflex.up.documents SECONDS [DOCS]`: brings in what `owflex up` begins with.

A process of its own, so that the model's memory is free again afterwards.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from database.home import open_data_folder
from database.pool import create_pool
from database.settings import read_settings
from ingest.cli.commands import main as ingest
from ingest.cli.progress_lines import MARK
from ingest.settings import IngestSettings
from knowledge_base.bootstrap import knowledge_base_url, migrate_knowledge_base
from knowledge_base.documents import count_documents, remove_collection
from owflex.exit_codes import exit_code

HANDBOOK_COLLECTION = "handbook"


def main(seconds_between_lines: str, docs: str | None = None) -> int:
    """Bring the documents in; returns the exit code, or ends with that of `owflex ingest sync`."""
    return exit_code(lambda: _run(seconds_between_lines, None if docs is None else Path(docs)))


def _run(seconds_between_lines: str, docs: Path | None) -> int:
    settings = read_settings(IngestSettings)
    with knowledge_base_url(settings, open_data_folder(settings.owflex_home)) as url:
        wanted = asyncio.run(documents_to_ingest(url, docs))
        if wanted is None:
            return 0
        path, *options = wanted
        print(f"{MARK}Bringing in {path}", flush=True)  # noqa: T201
        ingest(["sync", path, "--line-every", seconds_between_lines, *options])
    return 0


async def documents_to_ingest(url: str, docs: Path | None) -> Sequence[str] | None:
    """The folder and the options for it: that of the user, or the handbook while there is nothing else.

    The handbook is a demo: it makes room for the user's own documents.
    """
    await migrate_knowledge_base(url)
    async with create_pool(url) as pool, pool.connection() as connection:
        if docs is not None:
            await remove_collection(connection, HANDBOOK_COLLECTION)
            return [str(docs)]
        if await count_documents(connection, outside=HANDBOOK_COLLECTION):
            return None
    # It comes with the installation, which may be another one than last time.
    name = HANDBOOK_COLLECTION
    return [str(handbook()), "--collection", name, "--name", name, "--moved"]


def handbook() -> Path:
    """The pages about OwFlex itself: inside the installed package, or `docs/` of a checkout."""
    package = Path(__file__).parents[1]
    packaged = package / "handbook"
    return packaged if packaged.is_dir() else package.parent / "docs"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
