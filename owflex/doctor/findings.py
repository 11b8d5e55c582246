"""What a check-up found: one line for each thing that was looked at."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from owflex.doctor.reasons import reason_of
from serving.terminal import Console, escape, json_text

State = Literal["ok", "warning", "bad", "unknown"]
SIGNS: dict[State, str] = {
    "ok": "[green]✓[/green]",
    "warning": "[yellow]![/yellow]",
    "bad": "[red]✗[/red]",
    "unknown": "[dim]–[/dim]",
}


@dataclass(frozen=True)
class Finding:
    """One thing, its state and a sentence about it; `cure` says what to do where something is wrong."""

    name: str
    state: State
    sentence: str
    cure: str = ""

    @property
    def why(self) -> str:
        """Why it matters, where something is wrong with it."""
        return reason_of(self.name) if self.state in ("bad", "warning") else ""


def fine(name: str, sentence: str) -> Finding:
    """Something that works."""
    return Finding(name, "ok", sentence)


def bad(name: str, sentence: str, cure: str) -> Finding:
    """Something that does not work, and what to do about it."""
    return Finding(name, "bad", sentence, cure)


def bad_by(name: str, error: Exception) -> Finding:
    """Something that does not work, from an error whose first sentence says what, and the rest the cure."""
    # A full stop may also be a folder's name.
    sentence, *cures = re.split(r"(?<=\.) (?=[A-Z])", str(error), maxsplit=1)
    return bad(name, sentence, "".join(cures))


def warning(name: str, sentence: str, cure: str) -> Finding:
    """Something that works and should not stay as it is."""
    return Finding(name, "warning", sentence, cure)


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
        console.print(json_text(_report(findings)), markup=False, soft_wrap=True)
        return
    width = max(len(finding.name) for finding in findings)
    margin = " " * (width + 4)
    for finding in findings:
        line = f"{SIGNS[finding.state]} {escape(finding.name.ljust(width))}  {escape(finding.sentence)}"
        console.print(line, soft_wrap=True)
        if finding.why:
            console.print(f"{margin}[dim]{escape(finding.why)}[/dim]", soft_wrap=True)
        if finding.cure:
            console.print(f"{margin}→ {escape(finding.cure)}", soft_wrap=True)


def _report(findings: Sequence[Finding]) -> dict[str, object]:
    checks = [asdict(finding) | ({"why": finding.why} if finding.why else {}) for finding in findings]
    warnings = sum(finding.state == "warning" for finding in findings)
    return {"ok": not exit_code(findings), "warnings": warnings, "checks": checks}
