"""An error that is known ends a program with one sentence."""

import pytest

from serving.exit_codes import exit_code_of


class KnownError(Exception):
    """One whose text is for the user."""


def failing_with(error: Exception) -> int:
    raise error


def test_the_text_of_a_known_error_is_all_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    said = f"The folder [/tmp/{'x' * 200}] is [red]not[/red] there."
    assert exit_code_of(lambda: failing_with(KnownError(said)), KnownError) == 1
    assert capsys.readouterr() == ("", f"{said}\n")


def test_another_error_is_not_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="a defect"):
        exit_code_of(lambda: failing_with(ValueError("a defect")), KnownError)


def test_what_ends_well_gives_its_own_code() -> None:
    assert exit_code_of(lambda: 130, KnownError) == 130
