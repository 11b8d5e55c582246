"""Packages come by uv with what pip is configured with, else by pip."""

import sys
from pathlib import Path

import pytest

import install_packages
from install_packages import by_uv, settings_of_pip


def test_uv_gets_what_pip_is_configured_with() -> None:
    listed = [
        "global.cert='/etc/ssl/own.pem'",
        "global.constraint='/etc/xdg/pip/constraints.txt'",
        "global.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'",
        "install.find-links='/wheels of install'",
        "user.index-url='https://user.example/simple'",
        "site.index-url='https://site.example/simple'",
        ":env:.disable-pip-version-check='1'",
        "download.index-url='https://other.example/simple'",
    ]

    assert dict(settings_of_pip(listed)) == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_NATIVE_TLS": "true",
        "SSL_CERT_FILE": "/etc/ssl/own.pem",
        "UV_CONSTRAINT": "/etc/xdg/pip/constraints.txt",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_DEFAULT_INDEX": "https://user.example/simple",
        "UV_FIND_LINKS": "/wheels of install",
    }


def test_what_the_environment_says_counts_most() -> None:
    listed = [
        ":env:.index-url='https://env.example/simple'",
        "global.index-url='https://global.example/simple'",
    ]

    assert dict(settings_of_pip(listed))["UV_DEFAULT_INDEX"] == "https://env.example/simple"


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a virtual environment's programs, in which the running Python is said to be."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    return tmp_path


def test_where_uv_fails_its_reason_is_said_and_pip_goes_on(
    bin_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = bin_folder / "uv"
    uv.write_text("#!/bin/sh\necho no such index >&2\nexit 2\n")
    uv.chmod(0o755)
    asked_of_pip: list[list[str]] = []
    monkeypatch.setattr(install_packages.subprocess, "call", lambda line: asked_of_pip.append(line) or 7)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]

    assert install_packages.main(["--editable", "."]) == 7

    assert "no such index" in capsys.readouterr().err
    assert [line[-3:] for line in asked_of_pip] == [["--quiet", "--editable", "."]]


def test_uv_installs_into_the_environment_that_runs_this(bin_folder: Path) -> None:
    uv = bin_folder / "uv"
    uv.write_text(f'#!/bin/sh\necho "$@" > {bin_folder}/asked\n')
    uv.chmod(0o755)

    assert by_uv(["--constraint", "constraints.txt", "a-package"])

    asked = (bin_folder / "asked").read_text().split()
    assert asked == [
        *("pip", "install", "--quiet", "--python", str(bin_folder / "python")),
        *("--constraint", "constraints.txt", "a-package"),
    ]
