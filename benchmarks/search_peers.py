"""Search beside that of other libraries and servers: `make benchmark-search`.

The same made-up passages and vectors for all (`made_passages`), the same embedded Postgres with a database
for each, every system in a process of its own. They take turns, so that what else the machine does slows all
of them down alike. Prints tables, and writes them with all figures and a plot into a folder.
"""

import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))

from databases import fresh_database
from made_passages import FILTERS, Made
from search_given import write_given
from search_nearest import NO_FILTER, nearest, recall_of
from search_processes import SYSTEMS, Running
from search_tables import tables

from database.embedded import embedded_postgres
from database.home import open_data_folder

HERE = Path(__file__).parent
# What decides how fast vectors are compared and made.
INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile")


@dataclass
class Figures:
    """What was measured of a system at one size; filters and numbers of clients are the keys."""

    system: str
    size: int
    setup: dict[str, float] = field(default_factory=dict[str, float])
    milliseconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    recall: dict[str, float] = field(default_factory=dict[str, float])
    found: dict[str, float] = field(default_factory=dict[str, float])
    together: dict[int, dict[str, float]] = field(default_factory=dict[int, dict[str, float]])
    skipped: str | None = None


def main() -> None:
    """Measure, print, write."""
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    figures: list[Figures] = []
    about: dict[str, Any] = {**machine(), "questions": options.questions, "rounds": options.rounds}
    loads: list[float] = []
    with tempfile.TemporaryDirectory(prefix="owflex-bench-") as place:
        home = open_data_folder(Path(place) / "home")
        with embedded_postgres(home, "benchmark") as url:
            for size in options.passages:
                loads.append(os.getloadavg()[0])
                figures += measure(size, url, Path(place), options)
                loads.append(os.getloadavg()[0])
                # After each size: one that is ended early loses nothing.
                about["load"] = loads
                text = tables(about, figures)
                (options.out / "search.md").write_text(text)
                (options.out / "search.json").write_text(
                    json.dumps({"about": about, "figures": [asdict(one) for one in figures]}, indent=1)
                )
    print((options.out / "search.md").read_text())
    _plot(options)


def measure(size: int, url: str, place: Path, options: argparse.Namespace) -> list[Figures]:
    """The figures of all systems at one size."""
    file = place / f"given_{size}.json"
    given = write_given(file, Made(size), options.questions)
    wanted = nearest(given)
    chosen = [one for one in SYSTEMS if one.name in options.systems]
    if size > options.peers_up_to:
        chosen = [one for one in chosen if one.database == "owflex" or one.is_limit]
    databases: dict[str, str] = {}
    running: list[Running] = []
    figures = [Figures(one.name, size) for one in chosen]
    for one, result in zip(chosen, figures, strict=True):
        print(f"{size}: {one.name} …", file=sys.stderr, flush=True)
        if one.database and one.database not in databases:
            databases[one.database] = fresh_database(url, f"{one.database}_{size}")
        process = Running(one, file, databases.get(one.database or "", ""), options.peers_python)
        result.setup, result.skipped = process.setup, process.skipped
        running.append(process)
    _ask_alone(running, figures, wanted, options)
    _ask_together(running, figures, options)
    for process in running:
        process.end()
    return figures


def _ask_alone(
    running: Sequence[Running],
    figures: Sequence[Figures],
    wanted: dict[str, list[list[int]]],
    options: argparse.Namespace,
) -> None:
    part = -(-options.questions // options.rounds)
    found: dict[tuple[str, str], list[list[int]]] = {}
    for first in range(0, options.questions, part):
        for name in (NO_FILTER, *FILTERS):
            for process, result in zip(running, figures, strict=True):
                if process.skipped or (name != NO_FILTER and not process.filters):
                    continue
                which = None if name == NO_FILTER else name
                answer = process.ask({"which": which, "first": first, "count": part})
                result.milliseconds.setdefault(name, []).extend(answer["milliseconds"])
                found.setdefault((result.system, name), []).extend(answer["found"])
    for process, result in zip(running, figures, strict=True):
        for name in result.milliseconds:
            lists = found[result.system, name]
            result.found[name] = statistics.mean(map(len, lists))
            # Of a few passages a filter may let none through.
            if process.candidate.by_vectors and any(wanted[name]):
                result.recall[name] = recall_of(lists, wanted[name])


def _ask_together(
    running: Sequence[Running], figures: Sequence[Figures], options: argparse.Namespace
) -> None:
    for clients in options.clients:
        for process, result in zip(running, figures, strict=True):
            if process.skipped:
                continue
            answer = process.ask({"clients": clients, "seconds": options.seconds})
            taken: list[float] = answer["milliseconds"]
            result.together[clients] = {
                "queries_per_second": len(taken) / answer["seconds"],
                "p50": float(np.percentile(taken, 50)),
                "p95": float(np.percentile(taken, 95)),
            }


def machine() -> dict[str, Any]:
    """What the figures were measured on, and when."""
    info = Path("/proc/cpuinfo")
    said = info.read_text() if info.exists() else ""
    model = re.search(r"model name\s*: (.+)", said)
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "cpu": model[1].strip() if model else platform.processor(),
        "instructions": [name for name in INSTRUCTIONS if re.search(rf"\b{name}\b", said)],
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
    }


def _plot(options: argparse.Namespace) -> None:
    if not Path(options.peers_python).exists():
        print("No plot: it is drawn with the matplotlib of the peers' environment.", file=sys.stderr)
        return
    done = subprocess.run(
        [options.peers_python, str(HERE / "search_plot.py"), str(options.out / "search.json")], check=False
    )
    if done.returncode:
        print("No plot: see above. The tables and the JSON file are complete.", file=sys.stderr)


def _options() -> argparse.Namespace:
    names = [one.name for one in SYSTEMS]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument(
        "--peers-up-to", type=int, default=100_000, help="Above it OwFlex and the limits are measured alone."
    )
    parser.add_argument("--questions", type=int, default=90)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--seconds", type=float, default=4, help="So long each number of clients asks.")
    parser.add_argument("--systems", nargs="+", default=names, choices=names)
    parser.add_argument("--out", type=Path, default=HERE.parent / "build" / "benchmarks")
    parser.add_argument(
        "--peers-python",
        default=str(HERE.parent / ".venv-benchmarks" / "bin" / "python"),
        help="The Python of an environment with requirements-peers.txt.",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
