"""What arguments are made of: text that Postgres and JSON can hold, and days as people write them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

MAX_ID = 2**63 - 1
MAX_POSITION = 2**31 - 1

FilterValue = Annotated[str, Field(max_length=1000)] | int | float | bool


def clean(value: Any) -> Any:
    """Text without NUL, which Postgres has not, also inside lists and objects; anything else as it is."""
    if isinstance(value, str):
        return value.replace("\x00", "")
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
    try:
        # The day that is written: a time and its zone do not move it.
        return datetime.fromisoformat(value.strip().upper()).date()
    except ValueError:
        raise PydanticCustomError("day", "must be a date as YYYY-MM-DD") from None


def narrowing(filters: Any) -> Any:
    """The filters that ask for something, cleaned: null and an empty text would fit no document at all."""
    cleaned = clean(filters)
    if not isinstance(cleaned, dict):
        return cleaned
    members = cast("dict[str, object]", cleaned)
    return {name: value for name, value in members.items() if value is not None and value != ""}


def time_zone_named(name: str) -> ZoneInfo:
    """The time zone of this IANA name. Raises `ValueError` when there is none."""
    try:
        return ZoneInfo(name)
    # A name that is a folder of the database or leads out of it is refused by other errors.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f'"{name}" is not a time zone; give an IANA name such as Europe/Berlin or UTC'
        ) from None


Text = Annotated[str, BeforeValidator(clean)]
FilledText = Annotated[Text, AfterValidator(not_blank)]
Day = Annotated[date, BeforeValidator(as_day)]
Filters = Annotated[
    dict[str, FilterValue | Annotated[list[FilterValue], Field(max_length=100)]],
    Field(max_length=20),
    BeforeValidator(narrowing),
]
