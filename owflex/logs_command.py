"""`owflex logs`: what the programs of `owflex up` have logged."""

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.text import Text

from database.embedded import postgres_log
from database.home import data_folder
from database.settings import ProgramSettings, read_settings
from owflex.exit_codes import exit_code
from owflex.supervision.names import UpProgram
from owflex.supervision.program_log import log_file
from serving.terminal import Console, printable

SECONDS_BETWEEN_LOOKS = 0.3


def run_logs(names: Sequence[UpProgram], *, lines: int, follow: bool) -> int:
    """Print the last lines of these programs, each of at most so many; with `follow` also what comes."""
    return exit_code(lambda: _run(names, lines=lines, follow=follow))


def _run(names: Sequence[UpProgram], *, lines: int, follow: bool) -> int:
    folder = data_folder(read_settings(ProgramSettings).owflex_home)
    files = {name: _file(folder, name) for name in names}
    console = Console(highlight=False)
    tails = {name: Tail(file) for name, file in files.items()}
    shown = [_show(console, tails, name, lines) for name in files]
    if not any(shown) and not follow:
        console.print(f"There are no logs in {folder / 'logs'} yet. They come with: owflex up")
    while follow:
        time.sleep(SECONDS_BETWEEN_LOOKS)
        for name in files:
            _show(console, tails, name, None)
    return 0


class Tail:
    """The lines of a file that were not read yet; it may be replaced by a new one meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._inode: int = 0

    def new_lines(self) -> Iterator[str]:
        """Whole lines that have come since the last call; none of what cannot be read."""
        try:
            with self._path.open("rb") as file:
                self._find_place(self._path.stat().st_ino, self._path.stat().st_size)
                file.seek(self._read)
                for line in file:
                    if not line.endswith(b"\n"):
                        return
                    self._read += len(line)
                    yield line.decode("utf-8", "replace").rstrip("\r\n")
        except OSError:
            return

    def _find_place(self, inode: int, size: int) -> None:
        if inode != self._inode or size < self._read:
            self._inode = inode
            self._read = 0


def _show(console: Console, tails: Mapping[UpProgram, Tail], name: UpProgram, most: int | None) -> bool:
    found = deque(tails[name].new_lines(), maxlen=most)
    for line in found:
        prefix = f"{name:9} " if len(tails) > 1 else ""
        console.print(Text(prefix, style="cyan").append(printable(line), style="none"), soft_wrap=True)
    return bool(found)


def _file(folder: Path, name: UpProgram) -> Path:
    return postgres_log(folder) if name is UpProgram.POSTGRES else log_file(folder / "logs", name)
