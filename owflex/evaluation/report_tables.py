"""A measurement on the terminal: tables, and curves in characters."""

from collections.abc import Sequence

from rich.table import Column, Table
from rich.text import Text

from owflex.evaluation.comparison import Comparison, Difference
from owflex.evaluation.measurement import Measurement, Summary
from owflex.evaluation.metrics import Interval
from owflex.evaluation.thresholds import CurvePoint, Detection
from serving.terminal import Console, escape_line

WIDTH, HEIGHT = 50, 10
PRECISION, RECALL, BOTH = "●", "○", "◉"


def show_measurement(console: Console, measurement: Measurement, summary: Summary) -> None:
    """Print the figures, with the curve over the thresholds where there is one."""
    ranked = sum(question.metrics is not None for question in measurement.questions)
    title = f"{ranked} questions with a known answer · {measurement.mode} · {escape_line(measurement.model)}"
    table = Table(Column("metric"), Column("value", justify="right"), "95 % interval", title=title)
    if ranked:
        for name, interval in summary.metrics.items():
            table.add_row(name, f"{interval.value:.3f}", _range(interval))
        console.print(table)
    if summary.by_confidence is None or summary.by_similarity is None:
        console.print(
            "How well the search knows that something is not in the documents can be measured when there "
            "are questions of both kinds, answerable and not."
        )
        return
    console.print(_detections(summary.by_confidence, summary.by_similarity))
    console.print(plot(summary.by_confidence.curve))


def show_comparison(
    console: Console, comparison: Comparison, *, before: str = "before", now: str = "now"
) -> None:
    """Print the differences to the baseline; `before` and `now` are the heads of the columns."""
    table = Table(
        "metric",
        Column(before, justify="right"),
        Column(now, justify="right"),
        Column("change", justify="right"),
        "95 % interval",
        "",
        title=f"Compared over {comparison.shared} questions",
    )
    for difference in comparison.differences:
        change = f"{difference.change.value:+.3f}"
        row = (f"{difference.before:.3f}", f"{difference.now:.3f}", change, _range(difference.change, "+"))
        table.add_row(difference.metric, *row, _verdict(difference))
    console.print(table)
    left_out = comparison.only_before + comparison.only_now
    if left_out:
        console.print(
            f"Left out: {comparison.only_before} questions only in the baseline or relabelled since, "
            f"{comparison.only_now} only in this run."
        )


def plot(curve: Sequence[CurvePoint]) -> Text:
    """Precision and recall over the threshold, in characters."""
    rows = [[" "] * (WIDTH + 1) for _ in range(HEIGHT + 1)]
    for column in range(WIDTH + 1):
        point = point_at(curve, column / WIDTH)
        if point is not None:
            _set(rows, column, point.recall, RECALL)
            _set(rows, column, point.precision, PRECISION)
    lines = [f"{1 - row / HEIGHT:4.1f} ┤{''.join(cells)}" for row, cells in enumerate(rows)]
    lines.append("     └" + "─" * (WIDTH + 1))
    middle = WIDTH // 2
    lines.append(f"      0{'0.5':>{middle + 1}}{'1':>{WIDTH - middle - 1}}  threshold on confidence")
    lines.append(f"      {PRECISION} precision   {RECALL} recall   {BOTH} both (of “it is in the documents”)")
    return Text("\n".join(lines), no_wrap=True)


def point_at(curve: Sequence[CurvePoint], threshold: float) -> CurvePoint | None:
    """What a threshold gives; None above every score. The curve has the highest threshold first."""
    return next((point for point in reversed(curve) if point.threshold >= threshold), None)


def _set(rows: list[list[str]], column: int, value: float, mark: str) -> None:
    row = HEIGHT - round(value * HEIGHT)
    rows[row][column] = mark if rows[row][column] == " " else BOTH


def _detections(by_confidence: Detection, by_similarity: Detection) -> Table:
    table = Table(
        "is it in the documents?",
        Column("by confidence", justify="right"),
        Column("by best similarity", justify="right"),
    )
    both = (by_confidence, by_similarity)
    table.add_row("average precision", *(f"{one.average_precision:.3f}" for one in both))
    table.add_row("ROC AUC", *(f"{one.roc_auc:.3f}" for one in both))
    table.add_row("threshold with the best F1", *(f"{one.threshold.value:.3f}" for one in both))
    table.add_row("its 95 % interval", *(_range(one.threshold) for one in both))
    table.add_row("F1 there", *(f"{one.best_f1:.3f}" for one in both))
    table.add_row("precision, recall", *(f"{one.precision:.3f}, {one.recall:.3f}" for one in both))
    return table


def _range(interval: Interval, sign: str = "") -> str:
    return f"{interval.low:{sign}.3f} to {interval.high:{sign}.3f}"


def _verdict(difference: Difference) -> str:
    if difference.worse:
        return "[red]worse[/red]"
    return "[green]better[/green]" if difference.change.low > 0 else ""
