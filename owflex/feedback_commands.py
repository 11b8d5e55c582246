"""The commands of `owflex feedback`: their arguments; each loads what it needs."""

from typing import Annotated

import typer

from owflex.configuration.program_settings import check_settings

app = typer.Typer(
    help="Votes on answers: [bold]owflex feedback export[/bold] turns them into test questions.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@app.callback()
def feedback() -> None:
    """Votes on answers."""


@app.command("export")
def export_feedback(
    since: Annotated[
        str | None, typer.Option(help="Only votes since this day, e.g. 2026-11-01. Default: all.")
    ] = None,
) -> None:
    """Print labelled questions (JSONL) for owflex evaluate, taken from answers with a positive vote."""
    check_settings("agent_service")
    from owflex.feedback_export import export

    raise typer.Exit(export(since))
