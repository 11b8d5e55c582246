"""Files of an older major version of the embedded Postgres become those of the one that came with us.

It is done beside: `postgres` stays as it is until the new files are whole, and is kept as `postgres.16`
afterwards. Whoever is killed repeats it: what was half made is made anew, a half exchange is finished.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from database.embedded import embedded_postgres, server_object
from database.errors import PostgresStartError
from database.postgres_versions import newest_version, program_folders, version_of

NEW, WORK = "postgres.new", "postgres.upgrading"
# Is there while the new files are whole and not yet in their place.
WHOLE = "postgres.new.whole"
# What we have written into a configuration begins so and goes on to its end.
OURS = "# Written by OwFlex"
MAX_SAID = 1500


@dataclass(frozen=True)
class Upgraded:
    """From which version to which; `kept` is where the old files are, which may be removed."""

    old: int
    new: int
    kept: Path


def upgrade(folder: Path) -> Upgraded | None:
    """Upgrade the embedded Postgres of a data folder; None when it is of the newest version already.

    Raises `PostgresStartError`; then the old files are as they were.
    """
    with _nobody_uses(folder):
        _finish_exchange(folder)
        old, new = version_of(folder / "postgres"), newest_version()
        if old is None or old == new:
            return None
        if old not in program_folders():
            raise PostgresStartError(
                f"The data are of Postgres {old}, whose programs did not come with this version. Make a "
                "backup with the OwFlex version that it ran with (owflex backup FILE), move the data folder "
                "away, and restore it with this one (owflex restore FILE)."
            )
        kept = folder / f"postgres.{old}"
        if kept.exists():
            raise PostgresStartError(
                f"{kept} of an earlier upgrade is in the way. Move it away or remove it."
            )
        _convert(folder, old, new)
        (folder / WHOLE).write_text(str(old), encoding="ascii")
        _finish_exchange(folder)
    _refresh(folder)
    return Upgraded(old, new, kept)


@contextmanager
def _nobody_uses(folder: Path) -> Generator[None]:
    with (folder / "postgres.users").open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PostgresStartError(
                "The embedded Postgres is in use. Stop OwFlex, then repeat it."
            ) from None
        yield


def _finish_exchange(folder: Path) -> None:
    """Let the new files take the place of the old ones, from wherever that was interrupted."""
    whole = folder / WHOLE
    if not whole.exists():
        return
    pgdata, old = folder / "postgres", folder / f"postgres.{whole.read_text(encoding='ascii')}"
    if not old.exists():
        pgdata.rename(old)
    if (folder / NEW).exists():
        (folder / NEW).rename(pgdata)
    whole.unlink()


def _convert(folder: Path, old: int, new: int) -> None:
    """Make `postgres.new`; what an upgrade that was killed has left goes first."""
    user = server_object(folder, old).system_user
    for left in (NEW, WORK):
        shutil.rmtree(folder / left, ignore_errors=True)
        (folder / left).mkdir(mode=0o700)
        if user is not None:
            shutil.chown(folder / left, user, user)
    programs = program_folders()
    pgdata, target = folder / "postgres", folder / NEW
    try:
        has_checksums = _shut_down_well(pgdata, programs[old], folder / WORK, user)
        sums = "--data-checksums" if has_checksums else "--no-data-checksums"
        places = ("-D", str(target), "-U", "postgres", "--encoding=utf8", "--auth=trust", sums)
        _run([programs[new] / "initdb", *places], folder / WORK, user)
        binaries = ("-b", programs[old], "-B", programs[new])
        clusters = ("-d", pgdata, "-D", target, "-U", "postgres")
        _run([programs[new] / "pg_upgrade", *binaries, *clusters], folder / WORK, user)
        _keep_configuration(pgdata, target)
    except PostgresStartError:
        shutil.rmtree(target, ignore_errors=True)
        raise
    shutil.rmtree(folder / WORK, ignore_errors=True)


def _shut_down_well(pgdata: Path, programs: Path, work: Path, user: str | None) -> bool:
    """Start and stop a server that was killed, so that its log is replayed; True: pages have checksums."""
    said = _run([programs / "pg_controldata", "-D", pgdata], work, user)
    if not re.search(r"cluster state:\s+shut down\n", said):
        options = ("-w", "-D", str(pgdata), "-o", f'-h "" -k "{work}"', "-l", str(work / "log"))
        _run([programs / "pg_ctl", *options, "start"], work, user)
        _run([programs / "pg_ctl", "-w", "-D", pgdata, "-m", "fast", "stop"], work, user)
    return re.search(r"Data page checksum version:\s+0", said) is None


def _keep_configuration(pgdata: Path, target: Path) -> None:
    """What we and the user have written below our mark, and what was set by `alter system`."""
    text = (pgdata / "postgresql.conf").read_text(encoding="utf-8")
    if (place := text.find(OURS)) >= 0:
        with (target / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write("\n" + text[place:])
    automatic = pgdata / "postgresql.auto.conf"
    (target / automatic.name).write_bytes(automatic.read_bytes())


def _refresh(folder: Path) -> None:
    """Let extensions and the statistics of every database be of the new version."""
    with embedded_postgres(folder, "postgres") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            names = connection.execute("select datname from pg_database where datallowconn").fetchall()
        for (name,) in names:
            with psycopg.connect(url, dbname=name, autocommit=True) as connection:
                for (extension,) in connection.execute("select extname from pg_extension").fetchall():
                    connection.execute(sql.SQL("alter extension {} update").format(sql.Identifier(extension)))
                connection.execute("analyze")


def _run(command: Sequence[str | Path], work: Path, user: str | None) -> str:
    """What a program of Postgres says. Raises `PostgresStartError` when it fails, with its last words."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8" if sys.platform != "darwin" else "en_US.UTF-8"}
    with (work / "said").open("w+", encoding="utf-8", errors="replace") as said:
        # A file, not a pipe: a server that is started keeps it open.
        code = subprocess.run(  # noqa: S603
            command, stdout=said, stderr=subprocess.STDOUT, cwd=work, user=user, env=environment, check=False
        ).returncode
        said.seek(0)
        words = said.read()
    if code:
        cure = "Make room on the disk." if "No space left" in words else f"Its reports are in {work}."
        last = " ".join(words.split())[-MAX_SAID:]
        raise PostgresStartError(
            f"{Path(command[0]).name} has failed; the old data are as they were. It says: {last} {cure}"
        )
    return words
