"""A streaming replica of an embedded Postgres, made by the `pg_basebackup` that lies beside it."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from database.embedded import ready_postgres

SECONDS = 60


@dataclass
class StreamingReplica:
    """A replica in a folder of its own, which can be killed and started again."""

    programs: Path
    user: str
    folder: Path

    @classmethod
    def of(cls, home: Path, folder: Path) -> "StreamingReplica":
        """A running replica of the Postgres in the data folder `home`."""
        primary = ready_postgres(home)
        assert primary is not None
        replica = cls(Path(primary.exe()).parent, primary.username(), folder)
        folder.mkdir(mode=0o700)
        shutil.chown(folder, replica.user)
        source = ("-h", str(home / "postgres"), "-U", "postgres")
        replica._run("pg_basebackup", "-D", folder, "-R", "-X", "stream", "-c", "fast", *source)
        # The lock of the primary's socket and its log lie among its files, and are copied with them.
        for left_over in (".s.PGSQL.5432.lock", "log"):
            (folder / left_over).unlink()
        replica.start()
        return replica

    def url(self, database: str) -> str:
        """Where it takes connections to a database."""
        return f"postgresql://postgres:@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start it; when this returns, it can be read from."""
        # The command line of its primary is not copied with the settings.
        options = ("-o", f'-h "" -k {self.folder}', "-l", self.folder / "log")
        self._run("pg_ctl", "-w", *options, "-D", self.folder, "start")

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._run("pg_ctl", "-D", self.folder, "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str | Path) -> None:
        # Nothing is captured: the server keeps open what its starter had.
        subprocess.run(
            [self.programs / program, *arguments],
            user=self.user if os.geteuid() == 0 else None,
            cwd=self.folder,
            timeout=SECONDS,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
