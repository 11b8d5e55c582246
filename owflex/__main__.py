"""The `owflex` command."""

import logging
import os
import sys
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from ingest.cli.commands import app as ingest_commands
from owflex import rights_commands, site_commands
from owflex.asking.search_mode import SearchMode
from owflex.configuration.commands import app as config_commands
from owflex.configuration.program_settings import check_settings
from owflex.evaluate_commands import app as evaluate_commands
from owflex.feedback_commands import app as feedback_commands
from owflex.last_resort import undecodable, unforeseen, write_what_the_terminal_knows
from owflex.mcp.clients import ClientName
from owflex.model.commands import app as model_commands
from owflex.people import commands as people_commands
from owflex.supervision.names import UpProgram
from owflex.token_commands import app as token_commands
from serving.exit_codes import FAILED, print_error
from serving.terminal import Console

# Nothing of the programs is imported here: `owflex --help` answers at once, each command loads what it needs.

app = typer.Typer(
    name="owflex",
    help="Ask your own documents in a chat, and share them with any MCP client. "
    "Begin with [bold]owflex up[/bold]; settings come from the environment or a .env file.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    # Commands below take it over.
    context_settings={"help_option_names": ["-h", "--help"]},
)
errors = Console(stderr=True)
BAD_ARGUMENT = 2


class Transport(StrEnum):
    """How MCP clients reach the server."""

    HTTP = "http"
    STDIO = "stdio"


@app.command()
def up(
    docs: Annotated[
        Path | None,
        typer.Option(
            help="Your folder (or file) of documents. Without it, OwFlex's own handbook is the demo."
        ),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the chat, instead of AGENT_SERVICE_PORT.")
    ] = None,
    opens_browser: Annotated[bool, typer.Option("--open", help="Open the chat in the browser.")] = False,
) -> None:
    """Start everything and keep it running: Postgres, the MCP server, the chat page. Ctrl+C stops it all.

    Where it runs already, it says what and where, and starts nothing.
    """
    if port is not None:
        # The chat, a process of its own, reads it there.
        os.environ["AGENT_SERVICE_PORT"] = str(port)
    check_settings("mcp_server", "agent_service", "ingest", "keeping")
    from owflex.up.command import run_everything

    raise typer.Exit(run_everything(docs, opens_browser=opens_browser))


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print it for programs.")] = False) -> None:
    """Show the programs that owflex up runs. Exit code 1: one of them is down, or it does not run."""
    check_settings("knowledge_base")
    from owflex.status_command import run_status

    raise typer.Exit(run_status(as_json=as_json))


@app.command()
def logs(
    programs: Annotated[
        list[UpProgram] | None, typer.Argument(help="Whose log. Default: all.", show_default=False)
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl+C.")
    ] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Most lines of each.")] = 20,
) -> None:
    """Show the logs of owflex up and its programs."""
    check_settings("knowledge_base")
    from owflex.logs_command import run_logs

    raise typer.Exit(run_logs(programs or list(UpProgram), lines=lines, follow=follow))


@app.command()
def migrate(
    as_json: Annotated[bool, typer.Option("--json", help="Print a report for programs.")] = False,
) -> None:
    """Bring both databases up to date, and end: what containers run before the servers start.

    Servers may go on serving meanwhile; run again, it changes nothing.
    """
    check_settings("mcp_server", "agent_service")
    from owflex.migrate_command import run_migrate

    raise typer.Exit(run_migrate(as_json=as_json))


app.add_typer(ingest_commands, name="ingest")
app.add_typer(evaluate_commands, name="evaluate")
app.add_typer(model_commands, name="model")
app.add_typer(token_commands, name="token")
rights_commands.add_to(app)
app.add_typer(site_commands.app, name="site")
app.add_typer(config_commands, name="config")
people_commands.add_to(app)
app.add_typer(feedback_commands, name="feedback")

mcp_commands = typer.Typer(rich_markup_mode="rich")
app.add_typer(mcp_commands, name="mcp")


@mcp_commands.callback(invoke_without_command=True)
def mcp(
    context: typer.Context,
    transport: Annotated[
        Transport, typer.Option(help="http: for all clients; stdio: started by a desktop client.")
    ] = Transport.HTTP,
) -> None:
    """Run only the MCP server, for Claude, Cursor, VS Code and every other MCP client."""
    if context.invoked_subcommand is not None:
        return
    from mcp_server.__main__ import run

    raise typer.Exit(run(transport.value))


@mcp_commands.command()
def install(
    client: Annotated[ClientName, typer.Argument(help="Whose configuration gets an entry for OwFlex.")],
    http: Annotated[
        bool, typer.Option("--http/--stdio", help="Reach the running server, or start one for the client.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
    show: Annotated[
        bool, typer.Option("--print", help="Print the entry, with its token; write nothing.")
    ] = False,
) -> None:
    """Add OwFlex to the configuration of a desktop client; asks before it writes."""
    check_settings("mcp_server")
    from owflex.mcp.install import install as run

    raise typer.Exit(run(client, http=http, yes=yes, show=show))


@mcp_commands.command()
def bundle(
    file: Annotated[Path, typer.Argument(help="The file to write.")] = Path("owflex.mcpb"),
) -> None:
    """Write an MCPB file, which Claude Desktop and other clients install with a click."""
    from owflex.mcp.bundle import bundle as run

    raise typer.Exit(run(file))


@app.command()
def chat() -> None:
    """Run only the chat: the page and its agent service. It needs a running MCP server."""
    from agent_service.__main__ import main as run

    raise typer.Exit(run())


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print a report for programs.")] = False,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline",
            help="Ask nobody outside: no language model, no login provider.",
        ),
    ] = False,
    only_model: Annotated[bool, typer.Option("--model", help="Look at the language model only.")] = False,
) -> None:
    """Check all that OwFlex needs and say what is wrong, why, and the cure. Exit code: 1 if something is."""
    from owflex.doctor.command import run_doctor

    raise typer.Exit(run_doctor(as_json=as_json, offline=offline, only_model=only_model))


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know, or what is to be done.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print answer and sources as JSON, for programs.")
    ] = False,
) -> None:
    """Ask in the terminal: the answer of the chat with its sources, also while nothing runs."""
    check_settings("mcp_server", "agent_service")
    from owflex.asking.ask import run_ask

    raise typer.Exit(run_ask(question, as_json=as_json))


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="A question or keywords.")],
    limit: Annotated[int, typer.Option(min=1, max=20, help="Most passages to show.")] = 5,
    collection: Annotated[str | None, typer.Option(help="Search only this collection.")] = None,
    source: Annotated[str | None, typer.Option(help="Search only at or below this source.")] = None,
    meta: Annotated[
        list[str] | None, typer.Option(help="Only documents with key=value in their metadata. Repeatable.")
    ] = None,
    min_similarity: Annotated[
        float | None, typer.Option(min=0, max=1, help="Lowest similarity that counts as relevant.")
    ] = None,
    mode: Annotated[SearchMode, typer.Option(help="By meaning and words, or only one.")] = SearchMode.HYBRID,
    explain: Annotated[bool, typer.Option("--explain", help="Show why each passage was found.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the passages as JSON, for programs.")
    ] = False,
) -> None:
    """Search the documents from the terminal."""
    check_settings("mcp_server")
    from ingest.cli.metadata_option import parse_metadata
    from owflex.asking.search_command import SearchOptions, run_search

    def options() -> SearchOptions:
        return SearchOptions(
            limit,
            min_similarity,
            mode,
            explain,
            as_json,
            collection=collection,
            source=source,
            metadata=parse_metadata(meta or ()),
        )

    raise typer.Exit(run_search(question, options))


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"owflex {version('owflex')}")
        raise typer.Exit


@app.callback()
def options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of the command as a whole."""


def main() -> None:
    """Entry point of the `owflex` command."""
    write_what_the_terminal_knows()
    # It says a line that it cannot read each time it is read, and not in which file; we say both, once.
    logging.getLogger("dotenv.main").setLevel(logging.ERROR)
    if problem := undecodable(sys.argv[1:]):
        print_error(problem)
        sys.exit(BAD_ARGUMENT)
    try:
        app()
    except KeyboardInterrupt:
        errors.print("Stopped.")
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the last place where it can be said in a sentence
        print_error(unforeseen(error))
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
