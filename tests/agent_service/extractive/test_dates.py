"""Due days as people write them, seen from Saturday, 21 November 2026."""

from datetime import date

import pytest

from agent_service.i18n.catalog import written_day
from agent_service.models.extractive.dates import read_day, split_due, split_leading_due
from agent_service.models.extractive.language import languages

TODAY = date(2026, 11, 21)
ENGLISH = languages()["en"]


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
        ("the day after tomorrow", date(2026, 11, 23)),
        ("Friday, 4 December", date(2026, 12, 4)),
        ("the 3rd", date(2026, 12, 3)),
        ("end of the month", date(2026, 11, 30)),
    ],
)
def test_a_day_is_read(text: str, day: date) -> None:
    assert read_day(text, TODAY, ENGLISH) == day


@pytest.mark.parametrize(
    "text", ["2026-02-30", "31 November", "2026-13-01", "soon", "12/01", "", "0000-01-01"]
)
def test_what_is_no_day_is_none(text: str) -> None:
    assert read_day(text, TODAY, ENGLISH) is None


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
    due = split_due(text, TODAY, ENGLISH)
    assert (due.text, due.day, due.unreadable) == (rest, day, None)


def test_a_day_the_calendar_does_not_have_is_reported() -> None:
    assert split_due("pay rent by 2026-02-30", TODAY, ENGLISH).unreadable == "2026-02-30"


def test_the_due_day_may_stand_first() -> None:
    due = split_leading_due("tomorrow: call Ann", TODAY, ENGLISH)
    assert (due.text, due.day) == ("call Ann", date(2026, 11, 22))
    assert split_leading_due("call Ann", TODAY, ENGLISH).day is None


@pytest.mark.parametrize(
    ("code", "text", "day"),
    [
        ("de", "heute", TODAY),
        ("de", "übermorgen", date(2026, 11, 23)),
        ("de", "nächsten Montag", date(2026, 11, 23)),
        ("de", "am Freitag", None),
        ("de", "Freitag", date(2026, 11, 27)),
        ("de", "3. Mai", date(2027, 5, 3)),
        ("de", "3.5.2027", date(2027, 5, 3)),
        ("de", "24.12.", date(2026, 12, 24)),
        ("de", "in zwei Wochen", date(2026, 12, 5)),
        ("de", "in einem Monat", date(2026, 12, 21)),
        ("de", "31. Februar", None),
        ("fr", "demain", date(2026, 11, 22)),
        ("fr", "après-demain", date(2026, 11, 23)),
        ("fr", "mardi prochain", date(2026, 11, 24)),
        ("fr", "le 3 mai", date(2027, 5, 3)),
        ("fr", "le 1er décembre", date(2026, 12, 1)),
        ("fr", "3/5/2027", date(2027, 5, 3)),
        ("fr", "dans trois jours", date(2026, 11, 24)),
        ("fr", "la semaine prochaine", date(2026, 11, 23)),
        ("es", "mañana", date(2026, 11, 22)),
        ("es", "pasado mañana", date(2026, 11, 23)),
        ("es", "el próximo lunes", date(2026, 11, 23)),
        ("es", "el lunes que viene", date(2026, 11, 23)),
        ("es", "el 3 de mayo", date(2027, 5, 3)),
        ("es", "3 de mayo de 2028", date(2028, 5, 3)),
        ("es", "dentro de dos semanas", date(2026, 12, 5)),
        ("en", "mañana", None),
    ],
)
def test_days_of_other_languages_are_read_in_their_order_and_names(
    code: str, text: str, day: date | None
) -> None:
    assert read_day(text, TODAY, languages()[code]) == day


@pytest.mark.parametrize(
    ("code", "text", "rest", "day", "hour"),
    [
        ("en", "call Bob next Tuesday at 3pm", "call Bob", date(2026, 11, 24), "at 3pm"),
        ("en", "call Bob at 10:30 on Tuesday", "call Bob", date(2026, 11, 24), "at 10:30"),
        ("de", "Bob anrufen nächsten Dienstag um 15 Uhr", "Bob anrufen", date(2026, 11, 24), "um 15 Uhr"),
        ("fr", "appeler Bob mardi prochain à 15 h", "appeler Bob", date(2026, 11, 24), "à 15 h"),
        ("es", "llamar a Bob el martes a las 15:00", "llamar a Bob", date(2026, 11, 24), "a las 15:00"),
    ],
)
def test_an_hour_beside_the_day_is_kept_apart(code: str, text: str, rest: str, day: date, hour: str) -> None:
    due = split_due(text, TODAY, languages()[code])
    assert (due.text, due.day, due.hour) == (rest, day, hour)


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("en", "Friday, 4 December 2026"),
        ("de", "Freitag, 4. Dezember 2026"),
        ("fr", "vendredi 4 décembre 2026"),
        ("es", "viernes 4 de diciembre de 2026"),
    ],
)
def test_a_day_is_written_as_its_language_writes_it(code: str, written: str) -> None:
    assert written_day(code, date(2026, 12, 4)) == written
