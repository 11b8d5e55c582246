"""The tables of `search_peers.py`, as Markdown."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from search_peers import Figures

HEADS = {"none": "no filter", "half": "50 %", "tenth": "10 %", "hundredth": "1 %", "thousandth": "0.1 %"}


def tables(about: Mapping[str, Any], figures: "Sequence[Figures]") -> str:
    """For each number of passages: latency and recall by filter, throughput by clients, and filling."""
    loads = ", ".join(f"{load:.1f}" for load in about["load"])
    lines = [
        f"{about['date']}, {about['cpu']} ({', '.join(about['instructions'])}), {about['cores']} cores, "
        f"{about['memory_gb']} GB; load {loads}; {about['questions']} questions in {about['rounds']} rounds.",
    ]
    for size in sorted({one.size for one in figures}):
        rows = [one for one in figures if one.size == size]
        lines += ["", f"### {size:,} passages", "", *_alone(rows), "", *_together(rows), "", *_filled(rows)]
    return "\n".join([*lines, ""])


def _alone(rows: "Sequence[Figures]") -> Iterator[str]:
    yield f"| p50 / p95 ms (recall@10; found of 10) | {' | '.join(HEADS.values())} |"
    yield f"|---|{'---:|' * len(HEADS)}"
    for row in rows:
        if row.skipped:
            yield f"| {row.system} | skipped: {row.skipped} |{' |' * (len(HEADS) - 1)}"
        else:
            yield f"| {row.system} | {' | '.join(_cell(row, name) for name in HEADS)} |"


def _cell(row: "Figures", name: str) -> str:
    if name not in row.milliseconds:
        return "–"
    taken = row.milliseconds[name]
    recall = f"{row.recall[name]:.2f}" if name in row.recall else "–"
    p50, p95 = statistics.median(taken), float(np.percentile(taken, 95))
    return f"{_short(p50)} / {_short(p95)} ({recall}; {row.found[name]:.1f})"


def _together(rows: "Sequence[Figures]") -> Iterator[str]:
    clients = sorted({number for row in rows for number in row.together})
    yield f"| queries/s (p95 ms) | {' | '.join(f'{number} clients' for number in clients)} |"
    yield f"|---|{'---:|' * len(clients)}"
    for row in rows:
        cells = [
            f"{row.together[number]['queries_per_second']:.0f} ({_short(row.together[number]['p95'])})"
            for number in clients
            if number in row.together
        ]
        if cells:
            yield f"| {row.system} | {' | '.join(cells)} |"


def _filled(rows: "Sequence[Figures]") -> Iterator[str]:
    yield "| filling | rows s | index s | kB a passage |"
    yield "|---|---:|---:|---:|"
    for row in rows:
        if not row.setup:
            continue
        kind = "rows_seconds" if "rows_seconds" in row.setup else "copy_seconds"
        cells = (
            _seconds(row.setup, kind) + (" (COPY)" if "copy_seconds" in row.setup else ""),
            _seconds(row.setup, "index_seconds"),
            f"{row.setup['bytes'] / row.size / 1e3:.1f}" if "bytes" in row.setup else "–",
        )
        yield f"| {row.system} | {' | '.join(cells)} |"


def _seconds(setup: Mapping[str, float], name: str) -> str:
    return f"{setup[name]:.1f}" if name in setup else "–"


def _short(milliseconds: float) -> str:
    return f"{milliseconds:.1f}" if milliseconds < 10 else f"{milliseconds:.0f}"
