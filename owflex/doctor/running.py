"""What `owflex doctor` sees of the programs that run, and of the ports and the disk that they need."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from database.errors import PortTakenError
from database.surroundings import disk_problem
from owflex.doctor.findings import Finding, bad, fine, unknown
from owflex.supervision.programs import Listener
from owflex.supervision.running import UpState, asked
from owflex.supervision.supervisor import ProgramState


def data_folder_finding(folder: Path) -> Finding:
    """Whether the data folder is there and has room."""
    if not folder.exists():
        return unknown("data folder", f"{folder} does not exist yet; the first start creates it.")
    if not folder.is_dir():
        return bad(
            "data folder", f"{folder} is a file.", "Set OWFLEX_HOME to a folder, or move the file away."
        )
    if (problem := disk_problem(folder)) is not None:
        return finding_of("data folder", problem)
    return fine("data folder", f"{folder} can be written.")


def finding_of(name: str, problem: str) -> Finding:
    """A problem that a server would name at `/ready`, as a finding."""
    sentence, _, cure = problem.partition("; ")
    return bad(name, f"{_capital(sentence)}.", f"{_capital(cure)}.")


def look_at_running(folder: Path, listeners: Sequence[Listener]) -> Iterator[Finding]:
    """How the programs of `owflex up` are; where it does not run, whether its ports are free."""
    state = asked(folder)
    if state is not None:
        yield from _of_programs(state)
        return
    yield unknown("owflex up", "It does not run with this data folder.", "Run: owflex up")
    for listener in listeners:
        yield _of_port(listener)


def _of_programs(state: UpState) -> Iterator[Finding]:
    down = [one for one in state.programs if one.state == "down"]
    for one in down:
        yield bad(one.name, _why_down(one), f"It is tried again by itself. Run: owflex logs {one.name}")
    if not down:
        yield fine("owflex up", f"All its programs run (process {state.pid}).")


def _why_down(one: ProgramState) -> str:
    return f"It is down: {one.last_line}" if one.last_line else "It is down."


def _of_port(listener: Listener) -> Finding:
    name = f"port {listener.port}"
    try:
        listener.check_free()
    except PortTakenError:
        if listener.is_answering():
            return fine(name, f"OwFlex answers at {listener.url}.")
        return bad(
            name,
            f"Another program uses {listener.host}:{listener.port}.",
            f"Stop it, or set {listener.port_setting} to a free port.",
        )
    return fine(name, "It is free.")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
