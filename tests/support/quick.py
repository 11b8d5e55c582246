"""The tests that are nearest to what was changed, as many as fit into a minute; `make quick` runs them.

Near is a test file that imports a changed module or is named after it, less near one that imports what
imports it, still less one in the folder of its package. How long a file takes is known from its last run.
This is for while you work, `make check` for when you are done.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import grimp
import pytest

from tests.support.durations import known_seconds
from tests.support.python_sources import tree_of

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "owflex",
    "mcp_server",
    "agent_service",
    "ingest",
    "parsing",
    "knowledge_base",
    "serving",
    "database",
)
# With format, lint and contracts before and the start of the workers, a minute and a half.
SECONDS = 45
WORKERS = 2
# A file that never ran here.
UNKNOWN_SECONDS = 10.0
# What a folder's conftest.py imports, all its tests do, but what they import themselves they are more about.
SHARED = 1
# In the folder of the package, which may load the module by its name only.
SAME_FOLDER = 10


@dataclass(frozen=True, order=True)
class NearFile:
    """A test file, how far from the change it is, and how long it takes in seconds."""

    distance: int
    seconds: float
    path: str


def main() -> int:
    """Run the tests, say what was left out; returns pytest's exit code."""
    changes = set(changed_files())
    near = sorted(near_tests(changes))
    chosen, left_out = fitting(near, SECONDS * WORKERS)
    code = int(pytest.ExitCode.NO_TESTS_COLLECTED)
    if chosen:
        workers = min(WORKERS, len(chosen))
        options = ["-q", "-n", str(workers), "--dist", "worksteal"] if workers > 1 else ["-q"]
        code = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *(file.path for file in chosen)], cwd=ROOT, check=False
        ).returncode
    print(report(chosen, left_out, changes))  # noqa: T201
    return 0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else code


def changed_files() -> Iterator[str]:
    """Files that differ from main, committed or not, and new ones; paths from the root."""
    base = _git("merge-base", "HEAD", "main") or ["HEAD"]
    yield from _git("diff", "--name-only", base[0])
    yield from _git("ls-files", "--others", "--exclude-standard")


def near_tests(changes: set[str]) -> Iterator[NearFile]:
    """The test files from which imports lead to a change; a changed one is as near as can be."""
    distances = _distances({_module(path) for path in changes if path.endswith(".py")})
    seconds = known_seconds(ROOT)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        path = file.relative_to(ROOT).as_posix()
        found = [distances[name] for name in {*_imports(file), _module(path)} if name in distances]
        found += [distances[name] + SHARED for name in _shared_imports(file) if name in distances]
        found += [_kinship(path, changed) for changed in changes if _is_of_package(path, changed)]
        if found:
            yield NearFile(min(found), seconds.get(path, UNKNOWN_SECONDS), path)


def fitting(near: list[NearFile], budget: float) -> tuple[list[NearFile], list[NearFile]]:
    """The nearest that fit into `budget` seconds, at least one, and the rest."""
    chosen: list[NearFile] = []
    for file in near:
        if not chosen or sum(one.seconds for one in chosen) + file.seconds <= budget:
            chosen.append(file)
    return chosen, [file for file in near if file not in chosen]


def report(chosen: list[NearFile], left_out: list[NearFile], changes: set[str]) -> str:
    """What ran and what did not, for the one who has changed something."""
    lines = [f"Run: {len(chosen)} test files near {len(changes)} changed files."]
    if left_out:
        lines.append("Left out, though they use what was changed:")
        lines += [f"  {file.path} ({file.seconds:.0f} s)" for file in left_out]
    strange = sorted(path for path in changes if not path.endswith(".py"))
    if strange:
        lines.append(f"Only the tests of their folder, because nothing imports them: {', '.join(strange)}.")
    lines.append("Not run at all: types, examples, tests that are further away. Run `make check` at the end.")
    return "\n".join(lines)


def _distances(modules: set[str]) -> dict[str, int]:
    """How many imports lie between a module and the nearest of `modules`, for those that reach one."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=str(ROOT / ".import_linter_cache"))
    found = dict.fromkeys(modules, 0)
    edge = modules & graph.modules
    distance = 0
    while edge:
        distance += 1
        users = (graph.find_modules_that_directly_import(module) for module in edge)
        edge = set[str]().union(*users) - found.keys()
        found |= dict.fromkeys(edge, distance)
    return found


def _is_of_package(test: str, changed: str) -> bool:
    return test.startswith(f"tests/{changed.split('/')[0]}/")


def _kinship(test: str, changed: str) -> int:
    return 0 if Path(test).stem.startswith(f"test_{Path(changed).stem}") else SAME_FOLDER


def _shared_imports(file: Path) -> set[str]:
    """The conftest modules that count for a file, and what they import."""
    folders = [folder for folder in file.parents if folder.is_relative_to(ROOT / "tests")]
    conftests = [folder / "conftest.py" for folder in folders if (folder / "conftest.py").is_file()]
    own = {_module(conftest.relative_to(ROOT).as_posix()) for conftest in conftests}
    return own.union(*map(_imports, conftests))


@cache
def _imports(file: Path) -> set[str]:
    """The modules that a file names in its imports; of `from a import b` both `a` and `a.b`."""
    names: set[str] = set()
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main())
