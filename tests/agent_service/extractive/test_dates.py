"""Due days as people write them, seen from Saturday, 21 November 2026."""

from datetime import date

import pytest

from agent_service.models.extractive.dates import read_day, split_due, split_leading_due

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-01", date(2026, 12, 1)),
        ("2026-2-3", date(2026, 2, 3)),
        ("today", TODAY),
        ("Tonight", TODAY),
        ("tomorrow", date(2026, 11, 22)),
        ("friday", date(2026, 11, 27)),
        ("next Monday", date(2026, 11, 23)),
        ("saturday", date(2026, 11, 28)),
        ("in 3 days", date(2026, 11, 24)),
        ("in a week", date(2026, 11, 28)),
        ("in two weeks", date(2026, 12, 5)),
        ("1 December", date(2026, 12, 1)),
        ("1st of December 2027", date(2027, 12, 1)),
        ("December 24th", date(2026, 12, 24)),
        ("Dec 24, 2028", date(2028, 12, 24)),
        ("3 March", date(2027, 3, 3)),
        ("21 November", TODAY),
        ("5 May", date(2027, 5, 5)),
    ],
)
def test_a_day_is_read(text: str, day: date) -> None:
    assert read_day(text, TODAY) == day


@pytest.mark.parametrize(
    "text", ["2026-02-30", "31 November", "2026-13-01", "soon", "12/01", "", "0000-01-01"]
)
def test_what_is_no_day_is_none(text: str) -> None:
    assert read_day(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "rest", "day"),
    [
        ("buy milk by 2026-12-01", "buy milk", date(2026, 12, 1)),
        ("buy milk, due by Friday", "buy milk", date(2026, 11, 27)),
        ("buy milk tomorrow.", "buy milk", date(2026, 11, 22)),
        ("buy milk (due 1 December)", "buy milk", date(2026, 12, 1)),
        ("buy milk in 2 weeks", "buy milk", date(2026, 12, 5)),
        ("watch Black Friday", "watch Black Friday", None),
        ("read chapter 3 in March", "read chapter 3 in March", None),
        ("buy milk", "buy milk", None),
    ],
)
def test_the_due_day_is_taken_off_the_end(text: str, rest: str, day: date | None) -> None:
    due = split_due(text, TODAY)
    assert (due.text, due.day, due.unreadable) == (rest, day, None)


def test_a_day_the_calendar_does_not_have_is_reported() -> None:
    assert split_due("pay rent by 2026-02-30", TODAY).unreadable == "2026-02-30"


def test_the_due_day_may_stand_first() -> None:
    due = split_leading_due("tomorrow: call Ann", TODAY)
    assert (due.text, due.day) == ("call Ann", date(2026, 11, 22))
    assert split_leading_due("call Ann", TODAY).day is None
