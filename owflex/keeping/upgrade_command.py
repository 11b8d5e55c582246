"""What `owflex upgrade-postgres` does and prints."""

from database.home import data_folder
from database.settings import ProgramSettings, read_settings
from database.upgrading import upgrade
from owflex.exit_codes import exit_code
from owflex.keeping.errors import said_plainly
from serving.terminal import Console, escape_line

console = Console(highlight=False, soft_wrap=True)


def run_upgrade() -> int:
    """Upgrade the embedded Postgres and say what became of the old files; the exit code."""
    return exit_code(_upgrade)


def _upgrade() -> int:
    folder = data_folder(read_settings(ProgramSettings).owflex_home)
    if not (folder / "postgres").exists() and not (folder / "postgres.new.whole").exists():
        console.print("There is no embedded Postgres in the data folder: nothing to upgrade.")
        return 0
    with said_plainly("The upgrade cannot be made"):
        done = upgrade(folder)
    if done is None:
        console.print("The embedded Postgres is of the newest version already.")
        return 0
    console.print(
        f"Postgres {done.old} became {done.new}. The old files are kept in {escape_line(str(done.kept))}."
    )
    console.print("Start OwFlex, look whether all is well, then remove that folder.")
    return 0
