"""The commands of `owflex ingest` and `python -m ingest`: their arguments; each loads what it needs."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

DEFAULT_COMMAND = "add"


class PathsOrCommand(TyperGroup):
    """`owflex ingest PATH` means `owflex ingest add PATH`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Insert the default command where none is named."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = [DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)

    def format_help(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """The help of the group, and that of the command that need not be named."""
        super().format_help(ctx, formatter)
        command = self.commands[DEFAULT_COMMAND]
        with typer.Context(command, info_name=DEFAULT_COMMAND, parent=ctx) as below:
            command.format_help(below, formatter)

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        """Run the command, unless a setting is wrong: that is said before a second goes by with imports."""
        if not set(ctx.help_option_names) & set(ctx.args):
            _check_settings()
        return super().invoke(ctx)


def _check_settings() -> None:
    from database.errors import SettingsError
    from database.settings import read_settings
    from ingest.settings import IngestSettings
    from serving.exit_codes import FAILED, print_error

    try:
        read_settings(IngestSettings)
    except SettingsError as error:
        print_error(error)
        raise typer.Exit(FAILED) from None


app = typer.Typer(
    cls=PathsOrCommand,
    help="Put documents into the knowledge base: [bold]owflex ingest PATH…[/bold] adds and updates, "
    "[bold]owflex ingest sync PATH[/bold] makes it equal to a folder.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

Paths = Annotated[
    list[str], typer.Argument(help="Folders, files, web pages, sitemaps, or - for standard input.")
]
Collection = Annotated[str, typer.Option(help="Which collection the documents belong to.")]
AnyCollection = Annotated[str | None, typer.Option(help="Only this collection.")]
Name = Annotated[
    str | None,
    typer.Option(help="What the folder is called in the knowledge base. Default: its own name."),
]
Moved = Annotated[bool, typer.Option("--moved", help="The folder with this name has moved to this path.")]
Include = Annotated[
    list[str] | None,
    typer.Option(help='Only files that match, as in a .gitignore ("*.md", "/guides/"). Repeatable.'),
]
Exclude = Annotated[list[str] | None, typer.Option(help="Leave out the files that match. Repeatable.")]
Language = Annotated[
    str | None,
    typer.Option(help="Language of the collection, for word search: german, french … or simple. Remembered."),
]
Meta = Annotated[
    list[str] | None,
    typer.Option(help="key=value for every document, to filter searches by. Repeatable."),
]
Forget = Annotated[
    bool,
    typer.Option("--forget", help="Forget the --include, --exclude and --meta that earlier runs remembered."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]
LineEvery = Annotated[
    float, typer.Option(min=0.1, help="Without a terminal: seconds between two lines of progress.")
]
Queue = Annotated[
    bool, typer.Option("--queue", help="Leave the work to `owflex ingest worker` on any machine.")
]
Source = Annotated[str, typer.Argument(help="A source as `owflex ingest list` shows it.")]
MediaType = Annotated[
    str | None, typer.Option("--type", help="Media type of standard input. Default: by the --name.")
]


@app.command(DEFAULT_COMMAND)
def add(
    paths: Paths,
    collection: Collection = "default",
    name: Name = None,
    moved: Moved = False,
    include: Include = None,
    exclude: Exclude = None,
    meta: Meta = None,
    forget: Forget = False,
    language: Language = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    queue: Queue = False,
    media_type: MediaType = None,
) -> None:
    """Add and update documents; nothing is removed. Unchanged files cost nothing.

    Exit code: 0 all is in, 1 could not start or continue, 2 some files failed (the table says why), 130
    stopped.
    """
    from ingest.cli.run_command import RunOptions, options_of, run_ingest
    from ingest.ingestion import Wanted

    def wanted() -> Wanted:
        told = options_of(include or (), exclude or (), meta or (), forget=forget)
        return Wanted(collection, name, moved, told, dry_run=dry_run)

    options = RunOptions(as_json, dry_run, queue=queue, media_type=media_type, language=language)
    raise typer.Exit(run_ingest(paths, wanted, options))


@app.command()
def sync(
    paths: Paths,
    collection: Collection = "default",
    name: Name = None,
    moved: Moved = False,
    include: Include = None,
    exclude: Exclude = None,
    meta: Meta = None,
    forget: Forget = False,
    language: Language = None,
    force: Annotated[
        bool, typer.Option("--force", help="Remove the documents even of a folder that is empty now.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on after every change, until Ctrl+C.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    queue: Queue = False,
    line_every: LineEvery = 10,
) -> None:
    """Make the knowledge base equal to a folder, page or sitemap: add, update, move, remove.

    Exit code: 0 all is in, 1 could not start or continue, 2 some files failed (the table says why), 130
    stopped.
    """
    from ingest.cli.run_command import RunOptions, options_of, run_ingest
    from ingest.ingestion import Wanted

    def wanted() -> Wanted:
        told = options_of(include or (), exclude or (), meta or (), forget=forget)
        return Wanted(collection, name, moved, told, removals=True, force=force, dry_run=dry_run)

    shown = RunOptions(as_json, dry_run, watch, queue, language=language, seconds_between_lines=line_every)
    raise typer.Exit(run_ingest(paths, wanted, shown))


@app.command("list")
def list_documents(
    below: Annotated[str | None, typer.Argument(help="Only at or below this source.")] = None,
    collection: AnyCollection = None,
    as_json: AsJson = False,
) -> None:
    """List the documents."""
    from ingest.cli.maintenance import run_list

    raise typer.Exit(run_list(below, collection=collection, as_json=as_json))


@app.command()
def show(source: Source, collection: AnyCollection = None, as_json: AsJson = False) -> None:
    """Show a document with its metadata and passages."""
    from ingest.cli.maintenance import run_show

    raise typer.Exit(run_show(source, collection=collection, as_json=as_json))


@app.command()
def remove(
    source: Source,
    collection: Collection = "default",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove a document, or a folder, page or sitemap with all its documents."""
    from ingest.cli.maintenance import run_remove

    def confirm(count: int) -> bool:
        return yes or typer.confirm(f"Remove {count} documents?")

    raise typer.Exit(run_remove(source, collection=collection, confirm=confirm))


@app.command()
def verify(
    repair: Annotated[bool, typer.Option("--repair", help="Repair what can be repaired.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check that every document has its passages and every passage its vector.

    Exit code: 0 nothing is missing, or it was repaired; 2 something is missing.
    """
    from ingest.cli.maintenance import run_verify

    raise typer.Exit(run_verify(mend=repair, as_json=as_json))


@app.command()
def worker(
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Files processed at the same time.")] = 16,
    every: Annotated[
        str | None, typer.Option(help='Sync all folders and pages at these times (cron): "0 * * * *".')
    ] = None,
) -> None:
    """Do the work that --queue left, on any number of machines."""
    from ingest.cli.maintenance import run_ingest_worker

    raise typer.Exit(run_ingest_worker(concurrency=concurrency, every=every))


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show the state of the queue. Exit code 2: some files could not be read."""
    from ingest.cli.maintenance import run_status

    raise typer.Exit(run_status(as_json=as_json))


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `python -m ingest`."""
    app(arguments)
