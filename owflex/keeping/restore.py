"""`owflex restore`: checked, then restored beside what is there, compared, and put in its place."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from psycopg import Connection

from database.audit import AuditEvent
from database.migrations import migrate, read_migrations
from database.settings import SETTINGS_FILE
from knowledge_base.bootstrap import migrate_knowledge_base
from owflex.keeping import staging
from owflex.keeping.archive import DUMPS, KEY_FILES, ArchiveReader
from owflex.keeping.audit_log import carry_over, record
from owflex.keeping.backup import OF_THE_MACHINE
from owflex.keeping.drafts import write_private
from owflex.keeping.errors import ArchiveError, KeepingError, said_plainly
from owflex.keeping.manifest import DatabaseManifest, Manifest
from owflex.keeping.places import DatabaseName, Installation, Place, connected
from owflex.keeping.postgres_programs import feed, program
from owflex.keeping.staging import Staged
from owflex.keeping.tables import contents_of, differences, has_rows

MIN_POSTGRES = 15


@dataclass(frozen=True)
class Restored:
    """What was restored; `notes` are sentences about what the user should know."""

    manifest: Manifest
    seconds: float
    tables: int
    rows: int
    notes: Sequence[str]


def check_backup(backup: ArchiveReader) -> None:
    """Raise `ArchiveError` unless the backup is whole and this version can use it."""
    backup.check()
    packages: dict[DatabaseName, str] = {"chat": "agent_service", "knowledge_base": "knowledge_base"}
    for name, package in packages.items():
        _check_migrations(backup.manifest.databases[name], files(package) / "migrations", backup.manifest)


def restore(backup: ArchiveReader, installation: Installation, *, replace: bool) -> Restored:
    """Restore a backup that was checked. Raises `KeepingError`; then nothing was changed."""
    began = time.monotonic()
    both = [staging.staged(place) for place in installation.places]
    with said_plainly("The backup cannot be restored"):
        notes = [note for one in both for note in _check_target(one, backup.manifest, replace=replace)]
        try:
            for one in both:
                _fill(one, backup)
                _keep_log(one, backup.manifest)
            # They may have been started meanwhile.
            for one in both:
                staging.refuse_while_used(one)
            staging.put_in_place(both)
        finally:
            for one in both:
                staging.clear(one)
        notes += _write_files(backup, installation.folder, replace=replace)
    databases = backup.manifest.databases.values()
    return Restored(
        backup.manifest,
        time.monotonic() - began,
        sum(len(one.tables) for one in databases),
        sum(one.rows for one in databases),
        notes,
    )


def _check_migrations(of: DatabaseManifest, folder: Traversable, manifest: Manifest) -> None:
    shipped = {migration.name: migration.sha256 for migration in read_migrations(folder)}
    if unknown := sorted(of.migrations.keys() - shipped.keys()):
        raise ArchiveError(
            f"The backup was made by OwFlex {manifest.owflex}, which has tables that this version "
            f"({version('owflex')}) does not know ({unknown[0]}). Install that version or a newer one, then "
            "restore it. Nothing was changed."
        )
    if changed := [name for name, sha256 in of.migrations.items() if shipped[name] != sha256]:
        raise ArchiveError(
            f"The backup's tables were made by another form of {changed[0]} than this version has: it comes "
            "from a version that was never released. Restore it with the version that made it."
        )


def _check_target(one: Staged, manifest: Manifest, *, replace: bool) -> list[str]:
    """Sentences about what will be different. Raises `KeepingError` when it cannot be done."""
    of = manifest.databases[one.place.name]
    staging.refuse_while_used(one)
    with connected(one.place) as connection:
        server = connection.info.server_version // 10_000
        if server < max(MIN_POSTGRES, of.postgres // 10_000 - 3):
            raise KeepingError(
                f"The backup comes from Postgres {of.postgres // 10_000}, and this server is Postgres "
                f"{server}. Use a server of that version or a newer one."
            )
        program("pg_restore", server)
        if not replace and has_rows(connection):
            raise KeepingError(
                f"The database {one.database} is not empty. Back it up, then restore with --replace, which "
                "removes what is there; or name an empty one. Nothing was changed."
            )
        missing = _missing_extensions(connection, of)
        roles = _missing_roles(connection, of)
    if missing:
        raise KeepingError(
            f"The server lacks what the backup uses: {', '.join(missing)}. Install it there first; for "
            "pg_textsearch see docs/search.md. Nothing was changed."
        )
    return [f"Rights of {', '.join(roles)} were left out: there is no such role here."] if roles else []


def _missing_extensions(connection: Connection, of: DatabaseManifest) -> list[str]:
    found = connection.execute("select name from pg_available_extensions").fetchall()
    return sorted(of.extensions.keys() - {name for (name,) in found})


def _missing_roles(connection: Connection, of: DatabaseManifest) -> list[str]:
    found = connection.execute("select rolname from pg_roles").fetchall()
    return sorted(set(of.granted_to) - {name for (name,) in found})


def _fill(one: Staged, backup: ArchiveReader) -> None:
    """Restore, compare every table, then bring it to this version's tables."""
    of = backup.manifest.databases[one.place.name]
    staging.make(one)
    with connected(one.filled) as connection:
        server = connection.info.server_version // 10_000
        rights = ["--no-privileges"] if _missing_roles(connection, of) else []
    command = [program("pg_restore", server), "--exit-on-error", "--no-owner", "--no-comments", *rights]
    with backup.opened(DUMPS[one.place.name]) as dump:
        feed(command, one.filled, dump)
    with connected(one.filled) as connection:
        if wrong := differences(of.tables, contents_of(connection)):
            raise KeepingError(
                f"What was restored is not what was backed up: {'; '.join(wrong[:3])}. Nothing was changed. "
                "Use another backup, and report this."
            )
        connection.execute("analyze")
    # An empty database gets its tables at the first start.
    if of.migrations:
        asyncio.run(_migrate(one.filled))


def _keep_log(one: Staged, manifest: Manifest) -> None:
    """The log of what is replaced goes on in what takes its place, and says that there was a restore."""
    carried = carry_over(one.place, one.filled)
    details = {"owflex": manifest.owflex, "events_kept": carried}
    target = f"backup of {manifest.made_at:%Y-%m-%dT%H:%M:%SZ}"
    record(one.filled, AuditEvent("backup.restored", target, details=details))


async def _migrate(place: Place) -> None:
    if place.name == "knowledge_base":
        await migrate_knowledge_base(place.url)
    else:
        await migrate(place.url, place.migrations)


def _write_files(backup: ArchiveReader, folder: Path, *, replace: bool) -> list[str]:
    notes: list[str] = []
    for name in (*KEY_FILES, SETTINGS_FILE):
        content = backup.small(name)
        if content is None:
            continue
        file = folder / name
        if name == SETTINGS_FILE and file.exists() and not replace:
            if file.read_bytes() != content:
                notes.append(f"{file} was kept; --replace would have taken that of the backup.")
            continue
        write_private(file, _with_places(file, content) if name == SETTINGS_FILE else content)
    if not backup.manifest.with_secrets:
        notes.append("The backup was made without secrets: set the keys of language models again.")
    return notes


def _with_places(file: Path, content: bytes) -> bytes:
    """The settings of the backup, and those about this machine's places that are in the file already."""
    if not file.exists():
        return content
    kept = [
        line
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.partition("=")[0].strip() in OF_THE_MACHINE
    ]
    return content.rstrip(b"\n") + b"\n" + "".join(f"{line}\n" for line in kept).encode()
