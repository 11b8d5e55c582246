"""Draws what `search_peers.py` has measured, with the matplotlib of the peers' environment.

`python search_plot.py search.json` writes `search.png` beside it: milliseconds by filter, and queries a
second by number of clients, for each number of passages.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

FILTERS = {"none": "none", "half": "50 %", "tenth": "10 %", "hundredth": "1 %", "thousandth": "0.1 %"}
GOOD_RECALL = 0.9


def main(file: Path) -> None:
    """Write the plot."""
    try:
        matplotlib: Any = import_module("matplotlib")
    except ModuleNotFoundError:
        raise SystemExit("The peers' environment has no matplotlib.") from None
    matplotlib.use("Agg")
    plots: Any = import_module("matplotlib.pyplot")
    measured = json.loads(file.read_text())
    sizes = sorted({one["size"] for one in measured["figures"]})
    figure, axes = plots.subplots(len(sizes), 2, figsize=(13, 4.6 * len(sizes)), squeeze=False)
    for row, size in zip(axes, sizes, strict=True):
        rows = [one for one in measured["figures"] if one["size"] == size and not one["skipped"]]
        _latency(row[0], rows, size)
        _throughput(row[1], rows, size)
    figure.tight_layout()
    figure.savefig(file.with_suffix(".png"), dpi=110)


def _latency(axis: Any, rows: list[Any], size: int) -> None:
    for one in rows:
        names = [name for name in FILTERS if name in one["milliseconds"]]
        median = [sorted(one["milliseconds"][name])[len(one["milliseconds"][name]) // 2] for name in names]
        axis.plot([FILTERS[name] for name in names], median, label=one["system"])
        color = axis.lines[-1].get_color()
        for name, middle in zip(names, median, strict=True):
            is_poor = one["recall"].get(name, 1) < GOOD_RECALL
            axis.plot(FILTERS[name], middle, "o", color=color, markerfacecolor="white" if is_poor else color)
    title = f"{size:,} passages: median of a search (hollow: recall below {GOOD_RECALL})"
    axis.set(title=title, xlabel="passages let through", ylabel="ms")
    axis.set_yscale("log")
    axis.grid(visible=True, which="both", alpha=0.25)


def _throughput(axis: Any, rows: list[Any], size: int) -> None:
    for one in rows:
        clients = list(one["together"])
        axis.plot(
            clients,
            [one["together"][number]["queries_per_second"] for number in clients],
            marker="o",
            label=one["system"],
        )
    axis.set(title=f"{size:,} passages: queries a second", xlabel="clients", ylabel="queries/s")
    axis.set_yscale("log")
    axis.grid(visible=True, which="both", alpha=0.25)
    axis.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
