"""The commands of `owflex user` about accounts: their arguments; each loads what it needs."""

from typing import Annotated

import typer

from owflex.configuration.program_settings import check_settings
from owflex.keeping import commands as keeping_commands

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]
Named = Annotated[
    str, typer.Argument(metavar="NAME", help="The name to sign in, or the user id (account:ann).")
]


def add_to(app: typer.Typer) -> None:
    """Give the command what keeps data, and `owflex user` what it can do with accounts, too."""
    keeping_commands.add_to(app)
    user = keeping_commands.user_commands
    user.command()(add)
    user.command("list")(show_list)
    for command in (invite, reset, disable, enable, admin, sessions):
        user.command()(command)
    user.command("no-second-factor")(no_second_factor)
    user.command("take-over-local")(take_over_local)


def add(
    name: Annotated[str, typer.Argument(help="What the person types to sign in.")],
    is_admin: Annotated[bool, typer.Option("--admin", help="Make the person an administrator.")] = False,
    shown: Annotated[str, typer.Option(help="How the person is shown. Default: the name.")] = "",
    email: Annotated[str | None, typer.Option(help="The person's address, to be shown.")] = None,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a password here, instead of printing a link.")
    ] = False,
    takes_over: Annotated[
        bool,
        typer.Option("--take-over-local", help="Give the person what the user local has."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a person who may sign in, and print the one-time link by which they choose a password."""
    check_settings("agent_service", "knowledge_base")
    from agent_service.accounts.people import NewPerson
    from owflex.people.person_commands import run_add

    typed = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if password else None
    new = NewPerson(name, shown, email, is_admin)
    raise typer.Exit(run_add(new, typed, takes_over=takes_over, as_json=as_json))


def show_list(as_json: AsJson = False) -> None:
    """Show who may sign in."""
    check_settings("agent_service")
    from owflex.people.person_commands import run_list

    raise typer.Exit(run_list(as_json=as_json))


def invite(name: Named, as_json: AsJson = False) -> None:
    """Print a new one-time link for a person who has no password yet; links of before open nothing more."""
    check_settings("agent_service")
    from owflex.people.person_commands import run_link

    raise typer.Exit(run_link(name, "invitation", as_json=as_json))


def reset(name: Named, as_json: AsJson = False) -> None:
    """End a person's password, second factor and sessions, and print a one-time link to a new password."""
    check_settings("agent_service")
    from owflex.people.person_commands import run_link

    raise typer.Exit(run_link(name, "reset", as_json=as_json))


def no_second_factor(name: Named) -> None:
    """Switch a person's second factor off, who has lost the phone and the recovery codes."""
    check_settings("agent_service")
    from owflex.people.person_commands import run_no_second_factor

    raise typer.Exit(run_no_second_factor(name))


def disable(name: Named) -> None:
    """Let a person in no more: sessions end within seconds, what belongs to the person stays."""
    check_settings("agent_service")
    from owflex.people.person_commands import run_disable

    raise typer.Exit(run_disable(name, disabled=True))


def enable(name: Named) -> None:
    """Let a person in again who was disabled."""
    check_settings("agent_service")
    from owflex.people.person_commands import run_disable

    raise typer.Exit(run_disable(name, disabled=False))


def admin(
    name: Named, off: Annotated[bool, typer.Option("--off", help="Make the person none any more.")] = False
) -> None:
    """Make a person an administrator."""
    check_settings("agent_service")
    from owflex.people.person_commands import run_admin

    raise typer.Exit(run_admin(name, is_admin=not off))


def sessions(
    name: Named,
    end: Annotated[bool, typer.Option("--end", help="Sign the person out everywhere.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show where a person is signed in."""
    check_settings("agent_service")
    from owflex.people.person_commands import run_sessions

    raise typer.Exit(run_sessions(name, end=end, as_json=as_json))


def take_over_local(name: Named, as_json: AsJson = False) -> None:
    """Give a person the chats, tasks and keys of the user local, who was there before there were accounts."""
    check_settings("agent_service", "knowledge_base")
    from owflex.people.person_commands import run_take_over

    raise typer.Exit(run_take_over(name, as_json=as_json))
