"""What a run did: counts, and a sentence for every file with a problem."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

Outcome = Literal["added", "updated", "moved", "removed", "unchanged", "queued", "failed"]
OUTCOMES: tuple[Outcome, ...] = ("added", "updated", "moved", "removed", "unchanged", "queued", "failed")
# After these a file is unchanged for the next plan.
BROUGHT_IN: tuple[Outcome, ...] = ("added", "updated", "moved")
# A run over a whole archive must not fill the memory with its problems.
MAX_PROBLEMS = 1_000


@dataclass(frozen=True)
class FileReport:
    """What became of one file; `reason` is a sentence when it, or a part of it, could not be read."""

    source: str
    outcome: Outcome
    chunks: int = 0
    reason: str | None = None


class Watcher(Protocol):
    """Is told how a run goes."""

    def waiting(self, name: str) -> None:
        """Another run is working on the same folder; this one waits."""
        ...

    def scanned(self, files: int) -> None:
        """So many files were looked at."""
        ...

    def planned(self, counts: Mapping[Outcome, int]) -> None:
        """This is to be done."""
        ...

    def embedded(self, chunks: int, reused: int) -> None:
        """So many more chunks have their vectors, `reused` of them without the model."""
        ...

    def file(self, report: FileReport) -> None:
        """A file is done: its words are found."""
        ...

    def following(self, passages: int) -> None:
        """All files are done; so many passages still wait for their vectors, which are made now."""
        ...

    def retrying(self, reason: str) -> None:
        """Postgres is away; the run goes on when it is back."""
        ...


class Silent:
    """A watcher that nobody reads."""

    def waiting(self, name: str) -> None:
        """Nothing."""

    def scanned(self, files: int) -> None:
        """Nothing."""

    def planned(self, counts: Mapping[Outcome, int]) -> None:
        """Nothing."""

    def embedded(self, chunks: int, reused: int) -> None:
        """Nothing."""

    def file(self, report: FileReport) -> None:
        """Nothing."""

    def following(self, passages: int) -> None:
        """Nothing."""

    def retrying(self, reason: str) -> None:
        """Nothing."""


@dataclass
class Report:
    """Counts of a run by outcome, and its problems (the first thousand)."""

    counts: Counter[Outcome] = field(default_factory=Counter[Outcome])
    chunks: int = 0
    embedded: int = 0
    reused: int = 0
    is_complete: bool = False
    problems: list[FileReport] = field(default_factory=list[FileReport])
    left_out: Counter[str] = field(default_factory=Counter[str])

    def __post_init__(self) -> None:
        self.begin()

    @property
    def awaiting(self) -> int:
        """Passages of this run whose vectors are not made yet, because it was stopped before."""
        return 0 if self.is_complete else max(self.chunks - self.embedded - self.reused, 0)

    def begin(self) -> None:
        """What follows belongs to the next path."""
        self._before = Counter(self.counts)
        self._left_out_before = Counter(self.left_out)
        self._problems_before = len(self.problems)

    def restart(self) -> None:
        """The path is begun once more after an interruption; what was done stays counted."""
        self.counts["failed"] = self._before["failed"]
        self.left_out.clear()
        self.left_out.update(self._left_out_before)
        del self.problems[self._problems_before :]

    def planned(self, unchanged: int) -> None:
        """So many files of the path are unchanged, among them those that this run has brought in."""
        done = sum(self.counts[outcome] - self._before[outcome] for outcome in BROUGHT_IN)
        self.counts["unchanged"] = self._before["unchanged"] + max(unchanged - done, 0)

    def add(self, report: FileReport) -> None:
        """Count a file."""
        self.counts[report.outcome] += 1
        self.chunks += report.chunks
        if report.reason and len(self.problems) < MAX_PROBLEMS:
            self.problems.append(report)
