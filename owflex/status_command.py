"""`owflex status`: which programs run, since when, and the last they said."""

from datetime import datetime

from rich.console import Console
from rich.table import Table

from database.home import data_folder
from database.settings import ProgramSettings, read_settings
from owflex.exit_codes import exit_code
from owflex.supervision.running import UpState, asked
from serving.terminal import escape

GOOD_STATES = ("running", "done")
COLORS = {"starting": "yellow", "running": "green", "done": "dim", "down": "red", "stopped": "dim"}


def run_status(*, as_json: bool) -> int:
    """Print how the programs of `owflex up` are: 0 when all are well, 1 when one is down or nothing runs."""
    return exit_code(lambda: _run(as_json=as_json))


def _run(*, as_json: bool) -> int:
    console = Console(highlight=False)
    state = asked(data_folder(read_settings(ProgramSettings).owflex_home))
    if as_json:
        console.print("null" if state is None else state.as_json().decode(), markup=False, soft_wrap=True)
    elif state is None:
        console.print("OwFlex does not run with this data folder. Start it with: owflex up")
    else:
        print_status(console, state)
    return 0 if state is not None and _is_well(state) else 1


def print_status(console: Console, state: UpState) -> None:
    """The addresses and a table of the programs."""
    console.print(f"Chat        {state.chat}\nMCP server  {state.mcp}/mcp")
    table = Table("program", "state", "since", "restarts", "memory")
    for one in state.programs:
        color = COLORS[one.state]
        table.add_row(
            one.name,
            f"[{color}]{one.state}[/{color}]",
            f"{datetime.fromtimestamp(one.since).astimezone():%Y-%m-%d %H:%M:%S}",
            str(one.restarts),
            f"{one.memory_bytes / 1e6:.0f} MB",
        )
    console.print(table)
    console.print("The last they have logged:")
    for one in state.programs:
        if one.last_line:
            console.print(f"[{COLORS[one.state]}]{one.name:9}[/] {escape(one.last_line)}", soft_wrap=True)


def _is_well(state: UpState) -> bool:
    return all(one.state in GOOD_STATES for one in state.programs)
