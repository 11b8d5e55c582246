"""`owflex status`: which programs run, since when, and the last they said."""

import json
from dataclasses import asdict
from datetime import datetime

from rich.table import Table

from database.home import data_folder
from database.settings import ProgramSettings, read_settings
from owflex.exit_codes import exit_code
from owflex.keeping.state import BackupState, read_state
from owflex.supervision.running import UpState, asked
from serving.terminal import Console, escape, json_line

GOOD_STATES = ("running", "done")
COLORS = {"starting": "yellow", "running": "green", "done": "dim", "down": "red", "stopped": "dim"}


def run_status(*, as_json: bool) -> int:
    """Print how the programs of `owflex up` and the backups are: 0 when all is well, else 1."""
    return exit_code(lambda: _run(as_json=as_json))


def _run(*, as_json: bool) -> int:
    console = Console(highlight=False)
    folder = data_folder(read_settings(ProgramSettings).owflex_home)
    state, backup = asked(folder), read_state(folder)
    if as_json:
        print(_as_json(state, backup))  # noqa: T201
    elif state is None:
        console.print("OwFlex does not run with this data folder. Start it with: owflex up")
    else:
        print_status(console, state)
    if not as_json:
        _print_backup(console, backup)
    return 0 if state is not None and _is_well(state) and not backup.has_failed else 1


def _as_json(state: UpState | None, backup: BackupState) -> str:
    """What `owflex up` says of itself with the last backup; null when it does not run."""
    if state is None:
        return "null"
    said = {**json.loads(state.as_json()), "backup": asdict(backup)}
    return json_line(said)


def _print_backup(console: Console, backup: BackupState) -> None:
    if backup.has_failed:
        console.print(f"[red]The last backup has failed:[/red] {escape(backup.reason)}", soft_wrap=True)
    if backup.made_at is not None:
        console.print(f"Last backup {backup.age()}: {escape(backup.file)}", soft_wrap=True)


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
