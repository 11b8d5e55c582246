"""The commands about keeping data: their arguments; each loads what it needs."""

from pathlib import Path
from typing import Annotated

import typer

from owflex.configuration.program_settings import check_settings

PROGRAMS = ("knowledge_base", "agent_service", "keeping")
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]


def add_to(app: typer.Typer) -> None:
    """Give the command what it can do with data."""
    app.command()(backup)
    app.command()(restore)
    app.command()(prune)


def backup(
    file: Annotated[
        Path | None,
        typer.Argument(help="A file that is not there yet, or a folder. Default: BACKUP_FOLDER."),
    ] = None,
    without_secrets: Annotated[
        bool, typer.Option("--without-secrets", help="Leave out keys, tokens and API keys of the settings.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write documents, chats, tasks and settings to one file, of one moment, also while OwFlex runs.

    The file holds all texts, and the API keys of settings.env in clear: only you can read it (mode 0600).
    """
    check_settings(*PROGRAMS)
    from owflex.keeping.backup_command import run_backup

    raise typer.Exit(run_backup(file, with_secrets=not without_secrets, as_json=as_json))


def restore(
    file: Annotated[Path, typer.Argument(help="A file made by owflex backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Remove what this installation holds, and its settings.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only look whether the file is whole and fits this version.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Restore a backup: checked before anything is changed, compared row by row, then in place at once.

    Stop OwFlex first. A backup of an older version is brought up to date.
    """
    check_settings(*PROGRAMS)
    from owflex.keeping.backup_command import run_restore

    raise typer.Exit(run_restore(file, replace=replace, only_check=check, as_json=as_json))


def prune() -> None:
    """Remove now what the settings KEEP_…_DAYS say is old; owflex up does it every hour."""
    check_settings(*PROGRAMS)
    from owflex.keeping.prune_command import run_prune

    raise typer.Exit(run_prune())
