"""What arguments are made of: text that Postgres and JSON can hold, and days as people write them."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from parsing.unseen_characters import seen_characters

MAX_ID = 2**63 - 1
MAX_POSITION = 2**31 - 1

# The year first, then what time it is and where, in any of the usual spellings.
WRITTEN_DAY = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
    r"(?:(?:\s*T|\s+)\s*\d{1,2}(?::\d{2}){0,2}(?:[.,]\d+)?(?:\s*[AP]M)?)?"
    r"\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?(?:\[[\w/+-]{1,64}\])?"
)
ONLY_DAY = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})\s*Z?")
YEAR_OR_MONTH = re.compile(r"\d{4}(?:-\d{1,2})?")
MOMENT = "must be a moment such as 2027-01-31 or 2027-01-31T14:00:00Z"

FilterValue = Annotated[str, Field(max_length=1000)] | int | float | bool


def clean(value: Any) -> Any:
    """Text without NUL, which Postgres has not, and without characters that only a model would read.

    Also inside lists and objects; anything else as it is.
    """
    if isinstance(value, str):
        return seen_characters(value.replace("\x00", ""))
    if isinstance(value, list):
        return [clean(member) for member in cast("list[object]", value)]
    if isinstance(value, Mapping):
        return {clean(key): clean(member) for key, member in cast("Mapping[object, object]", value).items()}
    return value


def not_blank(text: str) -> str:
    """The text without white space around it. Raises `ValueError` when nothing is left."""
    if not text.strip():
        raise PydanticCustomError("blank", "must not be blank")
    return text.strip()


def as_day(value: object) -> object:
    """A day from YYYY-MM-DD, which a time may follow; what is no text is left to the validator.

    Raises `ValueError`.
    """
    # The validator alone would take a number for seconds since 1970.
    if isinstance(value, int | float):
        raise PydanticCustomError("day", "must be a date as YYYY-MM-DD")
    if not isinstance(value, str):
        return value
    written = value.strip().upper()
    try:
        # The day that is written: a time and its zone do not move it.
        found = WRITTEN_DAY.fullmatch(written)
        if found:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
        return datetime.fromisoformat(written).date()
    except ValueError:
        raise PydanticCustomError("day", "must be a date as YYYY-MM-DD") from None


def as_moment(value: object) -> object:
    """A moment for the validator; a day without marks is one too.

    Raises `ValueError` for a year or a month, which the validator would take for seconds since 1970.
    """
    if not isinstance(value, str):
        return value
    written = value.strip().upper()
    if YEAR_OR_MONTH.fullmatch(written):
        raise PydanticCustomError("day", MOMENT)
    day = ONLY_DAY.fullmatch(written)
    return "-".join(day.groups()) if day else written


def narrowing(filters: Any) -> Any:
    """The filters that ask for something, cleaned: null and an empty text would fit no document at all."""
    cleaned = clean(filters)
    if not isinstance(cleaned, dict):
        return cleaned
    members = {name: _said(value) for name, value in cast("dict[str, object]", cleaned).items()}
    return {name: value for name, value in members.items() if value not in (None, "", [])}


def _said(value: object) -> object:
    if not isinstance(value, list):
        return value
    return [entry for entry in cast("list[object]", value) if entry is not None and entry != ""]


def time_zone_named(name: str) -> ZoneInfo:
    """The time zone of this IANA name. Raises `ValueError` when there is none."""
    name = name.strip()
    try:
        if name not in available_timezones():
            # Names of files are not the same in any case, names of places are.
            name = next((one for one in available_timezones() if one.lower() == name.lower()), name)
        return ZoneInfo(name)
    # A name that is a folder of the database or leads out of it is refused by other errors.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f'"{name}" is not a time zone; give an IANA name such as Europe/Berlin or UTC'
        ) from None


Text = Annotated[str, BeforeValidator(clean)]
FilledText = Annotated[Text, AfterValidator(not_blank)]
Day = Annotated[date, BeforeValidator(as_day)]
Moment = Annotated[datetime, BeforeValidator(as_moment)]
Filters = Annotated[
    dict[str, FilterValue | Annotated[list[FilterValue], Field(max_length=100)]],
    Field(max_length=20),
    BeforeValidator(narrowing),
]
