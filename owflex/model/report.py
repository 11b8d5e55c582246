"""A trial on the terminal and for programs: what the models find, what they cost, and what follows."""

from dataclasses import asdict
from typing import Any

from rich.table import Column, Table

from owflex.evaluation.command import output
from owflex.evaluation.comparison import Comparison
from owflex.evaluation.measurement import Measurement, summarize
from owflex.evaluation.report_tables import show_comparison
from owflex.model.cost import Cost, Costs
from owflex.model.trial import Trial
from serving.terminal import escape_line

IN_USE, TRIED = "in use", "tried"
# Metric that the last sentence goes by.
LEADING = "ndcg@10"
FEW_QUESTIONS = 30


def show_trial(trial: Trial) -> None:
    """Print the comparison, the cost, and what it means."""
    old, new = escape_line(trial.old.model), escape_line(trial.new.model)
    output.print(f"{IN_USE}: [bold]{old}[/bold] · {TRIED}: [bold]{new}[/bold]", soft_wrap=True)
    output.print(_over(trial), soft_wrap=True)
    show_comparison(output, trial.comparison, before=IN_USE, now=TRIED)
    output.print(_costs(trial))
    output.print(_verdict(trial), soft_wrap=True)


def json_of(trial: Trial) -> dict[str, Any]:
    """The same as one object; `before` is the model in use, `now` the one that was tried."""
    return {
        "in_use": {"model": trial.old.model, **_figures(trial.old, trial.costs.old)},
        "tried": {"model": trial.new.model, **_figures(trial.new, trial.costs.new)},
        "passages": {"embedded": trial.sampled, "in_all": trial.costs.passages},
        "seconds_for_all": trial.costs.seconds_for_all,
        "comparison": trial.comparison.as_json(),
    }


def _figures(measurement: Measurement, cost: Cost) -> dict[str, Any]:
    return {"cost": asdict(cost), "similarity_threshold": _threshold(measurement)}


def _threshold(measurement: Measurement) -> float | None:
    """The similarity that best tells what is in the documents; None without questions of both kinds."""
    found = summarize(measurement).by_similarity
    return None if found is None else found.threshold.value


def _over(trial: Trial) -> str:
    if trial.sampled == trial.costs.passages:
        return f"All {trial.sampled} passages were searched with both, in a database that is gone again."
    return (
        f"A sample of {trial.sampled} of {trial.costs.passages} passages was searched with both, in a "
        "database that is gone again. Among fewer passages everything is found more easily."
    )


def _costs(trial: Trial) -> Table:
    table = Table("cost", Column(IN_USE, justify="right"), Column(TRIED, justify="right"))
    old, new = trial.costs.old, trial.costs.new
    for name, cells in (
        ("milliseconds a passage, with this load", [f"{cost.passage_ms:.1f}" for cost in (old, new)]),
        ("milliseconds a question", [f"{cost.question_ms:.1f}" for cost in (old, new)]),
        ("dimensions", [str(cost.dimensions) for cost in (old, new)]),
        ("tokens that it reads", [str(cost.max_tokens) for cost in (old, new)]),
        ("room for all vectors", [_size(cost.vectors_bytes) for cost in (old, new)]),
        ("computed by", [cost.backend for cost in (old, new)]),
        ("embedding all passages takes", ["done", _time(trial.costs)]),
        ("best threshold of similarity", [_shown(_threshold(one)) for one in (trial.old, trial.new)]),
    ):
        table.add_row(name, *cells)
    return table


def _verdict(trial: Trial) -> str:
    name = escape_line(trial.new.model)
    said = _said(trial.comparison, name)
    few = trial.comparison.shared < FEW_QUESTIONS
    more = f" {trial.comparison.shared} questions are few: with more the interval is narrower." if few else ""
    advice = "" if trial.comparison.worse else f" To change to it: owflex model use {name}"
    return f"{said}{more}{advice}"


def _said(comparison: Comparison, name: str) -> str:
    found = next((one for one in comparison.differences if one.metric == LEADING), None)
    if found is None or found.change.low <= 0 <= found.change.high:
        return "By these questions no difference can be told from chance."
    if found.worse:
        return f"[red]{name} finds less than the model in use.[/red]"
    return f"[green]{name} finds more than the model in use.[/green]"


def _time(costs: Costs) -> str:
    seconds = costs.seconds_for_all
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"


def _shown(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f}"
