"""The commands of `owflex config`: their arguments; each loads what it needs."""

from typing import Annotated

import typer

from owflex.configuration.program_settings import warn_of_misspelt_settings

Name = Annotated[str, typer.Argument(help="A setting, e.g. OPENAI_API_KEY. All are in docs/settings.md.")]

app = typer.Typer(
    help="Settings in the data folder: [bold]owflex config set OPENAI_API_KEY[/bold] asks for a key and "
    "keeps it. The environment and a .env file come first.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@app.command("set")
def set_(
    name: Name,
    value: Annotated[
        str | None,
        typer.Argument(help="Leave it out for a secret: it is asked for, or read from standard input."),
    ] = None,
) -> None:
    """Set a setting; it is checked first."""
    from owflex.configuration.config import set_setting

    raise typer.Exit(set_setting(name, value))


@app.command()
def unset(name: Name) -> None:
    """Take a setting out of the data folder again."""
    from owflex.configuration.config import unset_setting

    raise typer.Exit(unset_setting(name))


@app.command()
def get(
    name: Name, show: Annotated[bool, typer.Option("--show", help="Print a secret, too.")] = False
) -> None:
    """Print the value that counts, wherever it is set."""
    from owflex.configuration.config import get_setting

    raise typer.Exit(get_setting(name, show=show))


@app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also what has its default.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")] = False,
) -> None:
    """Show what is set, and where; secrets are hidden."""
    from owflex.configuration.config import list_settings

    warn_of_misspelt_settings()
    raise typer.Exit(list_settings(everything=everything, as_json=as_json))
