"""The table of attempts in the handbook names tests, and each of them exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)
DEFINED = re.compile(r"^(?:async )?def (\w+)\(", re.MULTILINE)
LEAST = 40


def functions_in(path: Path) -> set[str]:
    """The names of the functions of a file."""
    return set(DEFINED.findall(path.read_text(encoding="utf-8")))


def attempts() -> str:
    """The part of the page with the table."""
    return (ROOT / "docs/security.md").read_text(encoding="utf-8").partition("\n## Attempts\n")[2]


def test_each_named_test_exists() -> None:
    named = NAMED.findall(attempts())
    assert len(named) >= LEAST
    missing = [(file, test) for file, test in named if test not in functions_in(ROOT / file)]
    assert missing == []


def test_each_attempt_names_a_test() -> None:
    rows = [row for row in ROW.findall(attempts()) if not row.startswith(("---", " attempt "))]
    assert [row for row in rows if not NAMED.search(row)] == []
