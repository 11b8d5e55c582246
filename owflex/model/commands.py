"""The commands of `owflex model`: their arguments; each loads what it needs."""

from pathlib import Path
from typing import Annotated

import typer

from owflex.configuration.program_settings import check_settings

MOST_PASSAGES = 100_000

Model = Annotated[
    str,
    typer.Argument(
        help="A folder with a sentence-transformers model, or a name of the Hugging Face hub.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]

app = typer.Typer(
    help="The embedding model: [bold]owflex model try NAME[/bold] compares another one with yours on your "
    "documents, [bold]owflex model use NAME[/bold] changes to it while search goes on.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@app.command("try")
def try_(
    model: Model,
    questions: Annotated[
        Path | None,
        typer.Option(
            help="Labelled questions, as `owflex evaluate make` writes them. Default: proposed on the spot.",
            show_default=False,
        ),
    ] = None,
    passages: Annotated[
        int, typer.Option(min=50, max=MOST_PASSAGES, help="Most passages to embed with it.")
    ] = 2000,
    collection: Annotated[str | None, typer.Option(help="Try it on this collection only.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare another embedding model with the one in use, on a sample of your passages; changes nothing.

    Exit code: 0 compared, 1 could not compare, 2 the file is wrong, 3 significantly worse, 130 stopped.
    """
    check_settings("knowledge_base", "agent_service")
    from owflex.model.try_command import run_try

    raise typer.Exit(run_try(model, questions, most=passages, collection=collection, as_json=as_json))


@app.command()
def use(model: Model) -> None:
    """Embed everything with another model while search goes on with the old one, then change to it at once.

    If it is stopped or killed, nothing has changed, and the same command goes on from there.
    """
    check_settings("ingest")
    from owflex.model.use_command import run_use

    raise typer.Exit(run_use(model))


@app.command()
def show(as_json: AsJson = False) -> None:
    """Show which model the index is made with, and which others have vectors."""
    check_settings("knowledge_base")
    from owflex.model.show_command import run_show

    raise typer.Exit(run_show(as_json=as_json))
