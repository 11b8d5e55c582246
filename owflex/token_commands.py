"""The commands of `owflex token`: their arguments; each loads what it needs."""

from typing import Annotated

import typer

from owflex.configuration.program_settings import check_settings

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]

app = typer.Typer(
    help="Keys for MCP clients: [bold]owflex token create NAME[/bold] makes one and shows it once. "
    "[bold]owflex token clients[/bold] shows which clients people have let in.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for, to recognise it in the list.")],
    user: Annotated[str, typer.Option(help="Whose tasks the key opens.")] = "local",
    scope: Annotated[
        list[str] | None,
        typer.Option(help="kb:read, kb:write or tasks. Repeatable. Default: kb:read and tasks."),
    ] = None,
    collection: Annotated[
        list[str] | None, typer.Option(help="Open only this collection. Repeatable. Default: all.")
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(
            help="How long it is valid: 12h, 90d or 8w. Default: 90 days, or API_KEY_MAX_DAYS if less."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and show it, only this once."""
    check_settings("knowledge_base")
    from owflex.token_keys import create_key, new_key

    raise typer.Exit(create_key(lambda: new_key(name, user, scope, collection, expires), as_json=as_json))


@app.command("list")
def show_list(as_json: AsJson = False) -> None:
    """Show all keys, without their secrets."""
    check_settings("knowledge_base")
    from owflex.token_keys import list_keys

    raise typer.Exit(list_keys(as_json=as_json))


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="NAME|ID", help="Its name, or the id that the list shows.")],
) -> None:
    """Revoke a key: it opens nothing from the next call on."""
    check_settings("knowledge_base")
    from owflex.token_keys import revoke_key

    raise typer.Exit(revoke_key(key))


@app.command()
def clients(
    user: Annotated[str | None, typer.Option(help="Only those that this user has let in.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the clients that people have let in without a key (MCP_OAUTH)."""
    check_settings("knowledge_base")
    from owflex.token_clients import list_clients

    raise typer.Exit(list_clients(user, as_json=as_json))


@app.command()
def disconnect(
    client: Annotated[int, typer.Argument(metavar="ID", help="The id that `owflex token clients` shows.")],
) -> None:
    """Disconnect a client: its tokens open nothing from the next call on."""
    check_settings("knowledge_base")
    from owflex.token_clients import disconnect_client

    raise typer.Exit(disconnect_client(client))
