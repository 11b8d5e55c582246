"""What `owflex export` and `owflex import` do and print."""

import asyncio
from importlib.resources import files
from pathlib import Path

import psycopg

from database.acting import act_as, now_acting
from database.audit import AuditEvent
from database.migrations import migrate
from database.pool import check_reachable
from knowledge_base.bootstrap import migrate_knowledge_base
from owflex.exit_codes import exit_code
from owflex.keeping.audit_log import record
from owflex.keeping.backup_command import console, print_as_json
from owflex.keeping.bundles import BundleReader, read_bundle, written_bundle
from owflex.keeping.errors import said_plainly
from owflex.keeping.export import Counts, export
from owflex.keeping.importing import Imported, Importer
from owflex.keeping.places import Installation, opened_installation
from serving.terminal import escape_line


def run_export(target: Path, *, as_json: bool) -> int:
    """Write an export and say what is in it; the exit code."""
    return exit_code(lambda: _export(target.expanduser().absolute(), as_json=as_json))


def run_import(source: Path, *, as_json: bool) -> int:
    """Put an export in and say what came of it; the exit code."""
    return exit_code(lambda: _import(source.expanduser().absolute(), as_json=as_json))


def _export(target: Path, *, as_json: bool) -> int:
    with opened_installation() as installation:
        asyncio.run(make_tables(installation))
        with said_plainly("The export cannot be made"), written_bundle(target) as bundle:
            counts = export(installation, bundle)
            # Without an event there is no export.
            record(installation.knowledge_base, AuditEvent("export.made", str(target), details=vars(counts)))
    print_as_json(Counts, counts) if as_json else show_export(target, counts)
    return 0


def show_export(target: Path, counts: Counts) -> None:
    """One line about what was written."""
    console.print(
        f"{escape_line(str(target))}: {counts.documents} documents, {counts.chats} conversations with "
        f"{counts.files} files, {counts.tasks} tasks, {counts.votes} votes."
    )


def _import(source: Path, *, as_json: bool) -> int:
    with (
        read_bundle(source) as bundle,
        opened_installation() as installation,
        said_plainly("The export cannot be put in"),
    ):
        done = asyncio.run(put_in(installation, bundle, source.name))
    if as_json:
        print_as_json(Imported, done)
        return 0
    console.print(
        f"Put in: {done.documents} documents, {done.chats} conversations with {done.files} files, "
        f"{done.tasks} tasks. There already: {done.there_already}."
    )
    if done.documents:
        console.print(
            "Their vectors follow: a running owflex up makes them, or owflex ingest verify --repair"
        )
    return 0


async def put_in(installation: Installation, bundle: BundleReader, name: str = "") -> Imported:
    """Put an export, called `name` in the audit log, into databases that are brought up to date first.

    Raises `ArchiveError`.
    """
    await make_tables(installation)
    record(installation.knowledge_base, AuditEvent("import.begun", name))
    async with (
        await psycopg.AsyncConnection.connect(installation.chat.url, autocommit=True) as chat,
        await psycopg.AsyncConnection.connect(
            installation.knowledge_base.url, autocommit=True
        ) as knowledge_base,
    ):
        for connection in (chat, knowledge_base):
            await act_as(connection, now_acting())
        return await Importer(chat, knowledge_base, bundle).run()


async def make_tables(installation: Installation) -> None:
    """Bring both databases up to date."""
    await migrate_knowledge_base(installation.knowledge_base.url)
    await check_reachable(installation.chat.url, installation.chat.setting)
    await migrate(installation.chat.url, files("agent_service") / "migrations")
