"""The audit of packages tells of faults, and says clearly when nobody could be asked."""

import json
import subprocess

import pytest

from audit_packages import told


def found(stdout: str, stderr: str = "") -> "subprocess.CompletedProcess[str]":
    """What an auditor printed."""
    return subprocess.CompletedProcess([], 1, stdout, stderr)


PYTHON = {
    "dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1"}]}, {"name": "b", "vulns": []}]
}
PAGE = {"vulnerabilities": {"left-pad": {"severity": "high"}}}


@pytest.mark.parametrize(("report", "line"), [(PYTHON, "x: a 1: PYSEC-1"), (PAGE, "x: left-pad: high")])
def test_a_known_fault_fails(report: object, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told("x", found(json.dumps(report))) == 1
    assert capsys.readouterr().out.splitlines() == [line, "x: 1 known faults"]


def test_no_fault_is_said() -> None:
    assert told("x", found('{"dependencies": []}')) == 0


@pytest.mark.parametrize("stdout", ["", "ERROR", '{"error": {"code": "ENOAUDIT"}}', "[]"])
def test_a_registry_without_the_service_fails_nothing_and_is_named(
    stdout: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told("x", found(stdout, "404 Not Found")) == 0
    assert "x: not audited: the registry has no advisory service (404 Not Found)" in capsys.readouterr().out
