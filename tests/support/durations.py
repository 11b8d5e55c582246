"""How long the tests of a file take, remembered by pytest's cache for the choice of `make quick`."""

import json
from collections import Counter
from pathlib import Path

import pytest

KEY = "owflex/seconds"


class Durations:
    """Adds up what a run's files took, and keeps it when all tests of them ran."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._seconds: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the setup, the call or the teardown of a test for its file."""
        file, _, _ = report.nodeid.partition("::")
        self._seconds[file] += report.duration  # pyright: ignore[reportArgumentType]

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Remember, unless some tests were left out or the run ended early."""
        chosen = self._config.option.keyword or any("::" in argument for argument in self._config.args)
        if exitstatus == pytest.ExitCode.OK and not chosen:
            known = known_seconds(self._config.rootpath)
            known |= {file: round(seconds, 1) for file, seconds in self._seconds.items()}
            self._config.cache.set(KEY, known)


def known_seconds(root: Path) -> dict[str, float]:
    """What each test file took when it last ran as a whole, in seconds of one worker."""
    file = root / ".pytest_cache" / "v" / KEY
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
