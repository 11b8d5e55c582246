"""`pg_dump` and `pg_restore`: those that come with the embedded Postgres, else those of this machine."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from database.postgres_versions import program_folders
from owflex.keeping.errors import KeepingError
from owflex.keeping.places import Place

BLOCK_BYTES = 1 << 20
MAX_SAID = 1000


def program(name: str, server_version: int) -> Path:
    """The program in a version that can speak to a server of this major version. Raises `KeepingError`."""
    candidates = [folder / name for folder in program_folders().values()]
    if found := shutil.which(name):
        candidates.append(Path(found))
    for candidate in candidates:
        if candidate.exists() and _major_version(candidate) >= server_version:
            return candidate
    raise KeepingError(
        f"The server is Postgres {server_version}, and there is no {name} of that version or a newer one "
        f"here. Upgrade OwFlex, or install the client programs of Postgres {server_version}."
    )


def copy_output(command: Sequence[str | Path], place: Place, write: Callable[[bytes], object]) -> None:
    """Run a program on the database and hand on what it writes, block by block. Raises `KeepingError`."""
    with _running(command, place, stdout=subprocess.PIPE) as (process, said):
        assert process.stdout is not None
        while block := process.stdout.read(BLOCK_BYTES):
            write(block)
        _check(command, process.wait(), said)


def feed(command: Sequence[str | Path], place: Place, source: IO[bytes]) -> None:
    """Run a program on the database and give it what `source` holds. Raises `KeepingError`."""
    with _running(command, place, stdin=subprocess.PIPE) as (process, said):
        assert process.stdin is not None
        try:
            shutil.copyfileobj(source, process.stdin, BLOCK_BYTES)
            process.stdin.close()
        except BrokenPipeError:
            # It has ended; its exit code and its words say why.
            process.wait()
        _check(command, process.wait(), said)


@contextmanager
def _running(
    command: Sequence[str | Path], place: Place, *, stdin: int | None = None, stdout: int | None = None
) -> Generator[tuple["subprocess.Popen[bytes]", IO[bytes]]]:
    address, environment = _address(place.url)
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603
            [*command, f"--dbname={address}"],
            stdin=stdin if stdin is not None else subprocess.DEVNULL,
            stdout=stdout if stdout is not None else subprocess.DEVNULL,
            stderr=said,
            env=environment,
        )
        try:
            yield process, said
        finally:
            # Who leaves early (a full disk, Ctrl+C) leaves nothing running.
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                _close(pipe)


def _close(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except BrokenPipeError:
        # What it had not read is of no use to anybody.
        return


def _address(url: str) -> tuple[str, dict[str, str]]:
    """The connection without the password, which every user of the machine could see, and the environment."""
    parameters = conninfo_to_dict(url)
    password = parameters.pop("password", None)
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    if password:
        environment["PGPASSWORD"] = str(password)
    return make_conninfo("", **parameters), environment


def _check(command: Sequence[str | Path], code: int, said: IO[bytes]) -> None:
    if code == 0:
        return
    said.seek(0)
    words = " ".join(said.read().decode("utf-8", "replace").split())[-MAX_SAID:]
    cure = " Make room on the disk of Postgres." if "No space left" in words else ""
    raise KeepingError(f"{Path(command[0]).name} has failed: {words or f'exit code {code}'}.{cure}")


def _major_version(path: Path) -> int:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, check=True, text=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"(\d+)", said.partition(")")[2])
    return int(found[1]) if found else 0
