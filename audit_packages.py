"""Known faults of the packages that OwFlex and its page are made of: `make audit`.

The versions are those of `constraints.txt`, and what `chat_page` has locked. Exit code 1 when a fault is
known; where nobody can be asked, a line says so and nothing fails.
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parent
PAGE = ROOT / "chat_page"
AUDITOR = "pip-audit>=2.9,<3"
SECONDS = 300
NOT_AUDITED = "{what}: not audited: the registry has no advisory service ({why})"


def main() -> int:
    """Ask for the packages of Python and of the page; returns the exit code."""
    return max(audit_python(), audit_page())


def audit_python() -> int:
    """1 when a package of `constraints.txt` has a known fault."""
    with tempfile.TemporaryDirectory(prefix="owflex-audit-") as folder:
        python = Path(folder) / "bin" / "python"
        venv.create(folder, with_pip=True)
        made = _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", AUDITOR])
        if made.returncode:
            return _not_audited("Python", f"{AUDITOR} cannot be installed")
        asked = [
            "--requirement",
            str(ROOT / "constraints.txt"),
            "--no-deps",
            "--disable-pip",
            "--format",
            "json",
        ]
        return told("Python", _run([str(python), "-m", "pip_audit", *asked, "--progress-spinner", "off"]))


def audit_page() -> int:
    """1 when a package of the page has a known fault."""
    npm = ROOT / sys.prefix / "bin" / "npm"
    command = str(npm) if npm.exists() else "npm"
    try:
        found = _run([command, "audit", "--json", "--omit", "dev"], PAGE)
    except FileNotFoundError:
        return _not_audited("Page", "npm is not there")
    return told("Page", found)


def told(what: str, found: "subprocess.CompletedProcess[str]") -> int:
    """Print what an auditor found, as JSON; 1 when that is a fault, 0 also when it could not ask."""
    report = _json(found.stdout)
    if report is None or "error" in report or not {"dependencies", "vulnerabilities"} & report.keys():
        return _not_audited(what, _reason(report or {}, found))
    packages: list[dict[str, Any]] = report.get("dependencies", [])
    unknown = [package for package in packages if package.get("skip_reason")]
    if unknown and len(unknown) == len(packages):
        return _not_audited(what, str(unknown[0]["skip_reason"]))
    if unknown:
        print(f"{what}: {len(unknown)} packages not audited: {unknown[0]['skip_reason']}")  # noqa: T201
    faults = list(faults_in(report))
    for fault in faults:
        print(f"{what}: {fault}")  # noqa: T201
    print(f"{what}: {len(faults)} known faults")  # noqa: T201
    return 1 if faults else 0


def faults_in(report: dict[str, Any]) -> list[str]:
    """One line for each fault that a report of pip-audit or npm names."""
    python = [
        f"{package['name']} {package.get('version', '')}: {fault['id']}"
        for package in report.get("dependencies", [])
        for fault in package.get("vulns", [])
    ]
    page: dict[str, Any] = report.get("vulnerabilities", {})
    return python + [f"{name}: {fault.get('severity', 'unknown')}" for name, fault in page.items()]


def _reason(report: dict[str, Any], found: "subprocess.CompletedProcess[str]") -> str:
    """Why there is no report, in one line."""
    lines = (found.stderr or found.stdout).strip().splitlines()
    return str(report.get("message") or (lines[0] if lines else "no answer"))[:200]


def _not_audited(what: str, why: str) -> int:
    print(NOT_AUDITED.format(what=what, why=why))  # noqa: T201
    return 0


def _json(text: str) -> dict[str, Any] | None:
    try:
        held: object = json.loads(text)
    except ValueError:
        return None
    return cast("dict[str, Any]", held) if isinstance(held, dict) else None


def _run(command: list[str], folder: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS)  # noqa: S603
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"no answer within {SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
