"""The commands about keeping data: their arguments; each loads what it needs."""

from pathlib import Path
from typing import Annotated

import typer

from owflex.configuration.program_settings import check_settings

PROGRAMS = ("knowledge_base", "agent_service", "keeping")
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]


UserName = Annotated[str, typer.Argument(metavar="USER", help="The name the login gives; local without one.")]

user_commands = typer.Typer(
    help="Who may sign in: [bold]owflex user add NAME[/bold], list, invite, reset, disable. "
    "What belongs to one person: show, export, delete.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


def add_to(app: typer.Typer) -> None:
    """Give the command what it can do with data."""
    app.command()(backup)
    app.command()(restore)
    app.command()(prune)
    app.command()(audit)
    app.command("upgrade-postgres")(upgrade_postgres)
    app.command()(export)
    app.command("import")(import_)
    app.add_typer(user_commands, name="user")


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


def audit(
    since: Annotated[
        str | None, typer.Option(help="From then on: a day, a time, or how long ago (90m, 12h, 7d).")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Only what came before then.")] = None,
    who: Annotated[str | None, typer.Option(help="What this user or account did, or had done to it.")] = None,
    what: Annotated[
        str | None, typer.Option(help="Only these events: document, document.removed, refused.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Most events, the newest. Default: 200; with --json all.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print an event a line as JSON, for programs.")
    ] = False,
) -> None:
    """Show who added, removed, exported or restored what, changed rights, or was refused."""
    check_settings(*PROGRAMS)
    from owflex.keeping.audit_command import SHOWN, AuditOptionError, Wanted, moment, run_audit

    try:
        begin, end = moment("--since", since), moment("--until", until)
    except AuditOptionError as error:
        raise typer.BadParameter(str(error)) from None
    wanted = Wanted(begin, end, who, what, limit or (None if as_json else SHOWN))
    raise typer.Exit(run_audit(wanted, as_json=as_json))


def upgrade_postgres() -> None:
    """Bring the files of the embedded Postgres to the major version that came with this OwFlex.

    Stop OwFlex first. The old files are kept beside.
    """
    check_settings("knowledge_base")
    from owflex.keeping.upgrade_command import run_upgrade

    raise typer.Exit(run_upgrade())


def export(
    target: Annotated[Path, typer.Argument(help="A new folder, or a file that ends with .zip.")],
    as_json: AsJson = False,
) -> None:
    """Write documents, chats, tasks and votes as Markdown to read, and as JSONL for owflex import."""
    check_settings(*PROGRAMS)
    from owflex.keeping.transfer_command import run_export

    raise typer.Exit(run_export(target, as_json=as_json))


def import_(
    source: Annotated[Path, typer.Argument(help="A folder or a ZIP that owflex export has written.")],
    as_json: AsJson = False,
) -> None:
    """Put an export into this installation. What is there already stays as it is."""
    check_settings(*PROGRAMS, "ingest")
    from owflex.keeping.transfer_command import run_import

    raise typer.Exit(run_import(source, as_json=as_json))


@user_commands.callback()
def user() -> None:
    """Who may sign in, and what belongs to one person."""


@user_commands.command("show")
def show_user(name: UserName, as_json: AsJson = False) -> None:
    """Count what is stored of a person, by table."""
    check_settings(*PROGRAMS)
    from owflex.keeping.user_command import run_show

    raise typer.Exit(run_show(name, as_json=as_json))


@user_commands.command("export")
def export_user(
    name: UserName,
    target: Annotated[Path, typer.Argument(help="A new folder, or a file that ends with .zip.")],
    as_json: AsJson = False,
) -> None:
    """Write all that is stored of a person: to read, and every row of every table."""
    check_settings(*PROGRAMS)
    from owflex.keeping.user_command import run_export

    raise typer.Exit(run_export(name, target, as_json=as_json))


@user_commands.command("delete")
def delete_user(
    name: UserName,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the name once more.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove all that is stored of a person, for good: chats, files, tasks, votes, uploads, keys."""
    check_settings(*PROGRAMS)
    from owflex.keeping.user_command import run_delete

    def confirmed() -> bool:
        return yes or str(typer.prompt("Type the name once more to remove all that")) == name

    raise typer.Exit(run_delete(name, confirmed, as_json=as_json))
