"""The commands of `owflex site`: their arguments; each loads what it needs."""

from typing import Annotated

import typer

from owflex.configuration.program_settings import check_settings

PER_VISITOR, PER_DAY = 50, 1000

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]
SiteName = Annotated[str, typer.Argument(metavar="NAME", help="What the site is called here, such as shop.")]

app = typer.Typer(
    help="Sites whose visitors may ask the chat without a login: [bold]owflex site add NAME[/bold] gives "
    "each a key for its pages.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@app.command()
def add(
    name: SiteName,
    origin: Annotated[
        list[str], typer.Option(help="Where its pages are, such as https://shop.example. Repeatable.")
    ],
    collection: Annotated[list[str], typer.Option(help="What its visitors may read. Repeatable.")],
    per_visitor: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Messages a day of one visitor.")
    ] = PER_VISITOR,
    per_day: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Messages a day of all visitors of the site.")
    ] = PER_DAY,
    prompt: Annotated[
        str | None, typer.Option(help="What the language model is told for these visitors, too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let the visitors of a site in, and print the key for its pages."""
    check_settings("agent_service", "knowledge_base")
    from agent_service.visitors.sites import NewSite
    from owflex.site_work import run_add

    new = NewSite(name, origin, collection, per_visitor, per_day, prompt)
    raise typer.Exit(run_add(new, as_json=as_json))


@app.command("list")
def show_list(as_json: AsJson = False) -> None:
    """Show the sites with their keys, limits, and how much was asked today."""
    check_settings("agent_service")
    from owflex.site_work import run_list

    raise typer.Exit(run_list(as_json=as_json))


@app.command()
def revoke(name: SiteName, as_json: AsJson = False) -> None:
    """Let a site's visitors in no more: its key and their tokens open nothing within seconds."""
    check_settings("agent_service", "knowledge_base")
    from owflex.site_work import run_revoke

    raise typer.Exit(run_revoke(name, as_json=as_json))
