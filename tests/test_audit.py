"""The audit of packages tells of faults, and says clearly when nobody could be asked."""

import json
import subprocess
from typing import Any

import pytest

from audit_packages import told


def found(stdout: str, stderr: str = "") -> "subprocess.CompletedProcess[str]":
    """What an auditor printed."""
    return subprocess.CompletedProcess([], 1, stdout, stderr)


PYTHON: dict[str, Any] = {
    "dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1"}]}, {"name": "b", "vulns": []}]
}
PAGE: dict[str, Any] = {"vulnerabilities": {"left-pad": {"severity": "high"}}}


@pytest.mark.parametrize(("report", "line"), [(PYTHON, "x: a 1: PYSEC-1"), (PAGE, "x: left-pad: high")])
def test_a_known_fault_fails(report: dict[str, Any], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told("x", found(json.dumps(report))) == 1
    assert capsys.readouterr().out.splitlines() == [line, "x: 1 known faults"]


def test_no_fault_is_said() -> None:
    assert told("x", found('{"dependencies": []}')) == 0


def test_packages_that_nobody_knows_are_not_without_faults(capsys: pytest.CaptureFixture[str]) -> None:
    unknown = {"name": "a", "skip_reason": "not found"}
    assert told("x", found(json.dumps({"dependencies": [unknown]}))) == 0
    assert told("x", found(json.dumps({"dependencies": [unknown, {"name": "b", "vulns": []}]}))) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "x: not audited: the registry has no advisory service (not found)"
    assert lines[1:] == ["x: 1 packages not audited: not found", "x: 0 known faults"]


@pytest.mark.parametrize("stdout", ["", "ERROR", '{"error": {"code": "ENOAUDIT"}}', "[]"])
def test_a_registry_without_the_service_fails_nothing_and_is_named(
    stdout: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told("x", found(stdout, "404 Not Found")) == 0
    assert "x: not audited: the registry has no advisory service (404 Not Found)" in capsys.readouterr().out
