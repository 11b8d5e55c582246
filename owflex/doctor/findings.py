"""What a check-up found: one line for each thing that was looked at."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from rich.console import Console

from serving.terminal import escape

State = Literal["ok", "bad", "unknown"]
SIGNS: dict[State, str] = {"ok": "[green]✓[/green]", "bad": "[red]✗[/red]", "unknown": "[dim]–[/dim]"}


@dataclass(frozen=True)
class Finding:
    """One thing, its state and a sentence about it; `cure` says what to do where it is bad."""

    name: str
    state: State
    sentence: str
    cure: str = ""


def fine(name: str, sentence: str) -> Finding:
    """Something that works."""
    return Finding(name, "ok", sentence)


def bad(name: str, sentence: str, cure: str) -> Finding:
    """Something that does not work, and what to do about it."""
    return Finding(name, "bad", sentence, cure)


def unknown(name: str, sentence: str, cure: str = "") -> Finding:
    """Something that could not be looked at, or that need not work."""
    return Finding(name, "unknown", sentence, cure)


def exit_code(findings: Sequence[Finding]) -> int:
    """1 when anything is bad, else 0."""
    return int(any(finding.state == "bad" for finding in findings))


def show(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print the findings."""
    console = Console(highlight=False)
    if as_json:
        report = {"ok": not exit_code(findings), "checks": [asdict(finding) for finding in findings]}
        console.print(json.dumps(report, ensure_ascii=False, indent=2), markup=False, soft_wrap=True)
        return
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        line = f"{SIGNS[finding.state]} {escape(finding.name.ljust(width))}  {escape(finding.sentence)}"
        console.print(line, soft_wrap=True)
        if finding.cure:
            console.print(f"  {' ' * width}  → {escape(finding.cure)}", soft_wrap=True)
