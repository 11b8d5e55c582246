"""`owflex backup`: one moment of both databases, and what an installation needs to go on, in one file."""

import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import dotenv
import psycopg

from database.audit import AuditEvent
from database.secret_files import is_secret
from database.settings import SETTINGS_FILE, file_values
from owflex.configuration.known_settings import known_settings
from owflex.keeping.archive import DUMPS, KEY_FILES, ArchiveWriter, written
from owflex.keeping.audit_log import record
from owflex.keeping.errors import said_plainly
from owflex.keeping.manifest import DatabaseManifest, Manifest
from owflex.keeping.places import DatabaseName, Installation, Place, connected
from owflex.keeping.postgres_programs import copy_output, program
from owflex.keeping.tables import contents_of

# Where data are is a matter of the machine: a restored installation must not go on in the old databases.
OF_THE_MACHINE = (
    "KNOWLEDGE_BASE_DATABASE_URL",
    "KNOWLEDGE_BASE_READ_URLS",
    "CHAT_DATABASE_URL",
    "BACKUP_FOLDER",
)
DUMP_OPTIONS = ("--format=custom", "--no-owner", "--no-comments", "--no-sync", "--lock-wait-timeout=60s")
MIGRATIONS = """
select name, sha256 from schema_migrations order by name
"""
GRANTEES = """
select distinct pg_get_userbyid(entry.grantee)
from pg_class class
join pg_namespace namespace on namespace.oid = class.relnamespace
cross join aclexplode(class.relacl) entry
where entry.grantee not in (0, class.relowner)
  and namespace.nspname not in ('pg_catalog', 'information_schema')
order by 1
"""
MODEL = "select model_name from embedding_spaces where in_use"
COUNTED = {"documents": "documents", "chunks": "passages", "threads": "conversations", "tasks": "tasks"}


@dataclass(frozen=True)
class Moment:
    """A database as one transaction sees it, which others can see by the name of its snapshot."""

    place: Place
    connection: psycopg.Connection
    snapshot: str


@dataclass(frozen=True)
class BackedUp:
    """A finished backup."""

    path: Path
    size: int
    seconds: float
    manifest: Manifest


def back_up(installation: Installation, path: Path, *, with_secrets: bool) -> BackedUp:
    """Write a backup to a file that is not there yet; servers go on working. Raises `KeepingError`."""
    began = time.monotonic()
    with written(path) as archive, ExitStack() as stack:
        moments = [stack.enter_context(_moment(place)) for place in installation.places]
        for moment in moments:
            _dump(moment, archive)
        _add_files(installation.folder, archive, with_secrets=with_secrets)
        manifest = _manifest(moments, archive, with_secrets=with_secrets)
        archive.finish(manifest)
        # Without an event there is no file.
        with said_plainly("The audit log cannot be written, so there is no backup"):
            details = {"with_secrets": with_secrets}
            record(installation.knowledge_base, AuditEvent("backup.made", str(path), details=details))
    return BackedUp(path, path.stat().st_size, time.monotonic() - began, manifest)


def file_in(folder: Path) -> Path:
    """A file of the schedule, whose names sort by time."""
    return folder / f"owflex-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.backup"


@contextmanager
def _moment(place: Place) -> Generator[Moment]:
    with connected(place) as connection, said_plainly("The database cannot be read"):
        connection.execute("begin isolation level repeatable read, read only")
        row = connection.execute("select pg_export_snapshot()").fetchone()
        assert row is not None
        yield Moment(place, connection, row[0])
        connection.execute("commit")


def _dump(moment: Moment, archive: ArchiveWriter) -> None:
    server = moment.connection.info.server_version // 10_000
    command = [program("pg_dump", server), *DUMP_OPTIONS, f"--snapshot={moment.snapshot}"]
    archive.add(DUMPS[moment.place.name], lambda write: copy_output(command, moment.place, write))


def _add_files(folder: Path, archive: ArchiveWriter, *, with_secrets: bool) -> None:
    settings = _settings(folder / SETTINGS_FILE, with_secrets=with_secrets)
    if settings:
        archive.add_bytes(SETTINGS_FILE, settings)
    for name in KEY_FILES if with_secrets else ():
        if (file := folder / name).is_file():
            archive.add_bytes(name, file.read_bytes())


def _settings(file: Path, *, with_secrets: bool) -> bytes:
    """The settings of the data folder, without those of the machine and, where asked for, without secrets."""
    if not file.is_file():
        return b""
    left_out = {name for name in file_values(file) if _is_left_out(name, with_secrets=with_secrets)}
    with TemporaryDirectory() as folder:
        copy = Path(folder) / file.name
        copy.touch(mode=0o600)
        copy.write_bytes(file.read_bytes())
        for name in left_out:
            dotenv.unset_key(copy, name)
        return copy.read_bytes()


def _is_left_out(name: str, *, with_secrets: bool) -> bool:
    if name.upper() in OF_THE_MACHINE:
        return True
    # What this version does not know may well be a secret.
    known = known_settings().get(name.upper())
    return not with_secrets and (known is None or is_secret(known[1]))


def _manifest(moments: list[Moment], archive: ArchiveWriter, *, with_secrets: bool) -> Manifest:
    databases: dict[DatabaseName, DatabaseManifest] = {
        moment.place.name: _database_manifest(moment) for moment in moments
    }
    return Manifest(
        owflex=version("owflex"),
        made_at=datetime.now(UTC),
        databases=databases,
        parts=archive.parts,
        embedding_model=_model(moments),
        with_secrets=with_secrets,
        counts=_counts(databases),
    )


def _counts(databases: dict[DatabaseName, DatabaseManifest]) -> dict[str, int]:
    tables = {name: held for one in databases.values() for name, held in one.tables.items()}
    return {called: tables[name].rows for name, called in COUNTED.items() if name in tables}


def _database_manifest(moment: Moment) -> DatabaseManifest:
    connection = moment.connection
    tables = contents_of(connection)
    migrations = connection.execute(MIGRATIONS).fetchall() if "schema_migrations" in tables else []
    extensions = connection.execute("select extname, extversion from pg_extension").fetchall()
    return DatabaseManifest(
        postgres=connection.info.server_version,
        migrations=dict(migrations),
        extensions=dict(extensions),
        granted_to=[name for (name,) in connection.execute(GRANTEES)],
        tables=tables,
    )


def _model(moments: list[Moment]) -> str | None:
    for moment in moments:
        if moment.connection.execute("select to_regclass('embedding_spaces')").fetchone() != (None,):
            row = moment.connection.execute(MODEL).fetchone()
            return None if row is None else row[0]
    return None


def default_file(given: Path) -> Path:
    """The file that is meant: itself, or one with the time as its name where a folder is given."""
    return file_in(given) if given.is_dir() else given
