"""Moments and durations of a workbook, which are numbers of days."""

from collections.abc import Sequence
from datetime import datetime, timedelta

DATE_KINDS = frozenset({"date", "elapsed", "half"})
# Excel counts the 29th of February 1900, which never was.
BEFORE_LEAP_ERROR = 60
ENGLISH, GERMAN, SPANISH, FRENCH, ITALIAN, DUTCH, PORTUGUESE = 0x09, 0x07, 0x0A, 0x0C, 0x10, 0x13, 0x16
MONTHS = {
    ENGLISH: "January February March April May June July August September October November December",
    GERMAN: "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    SPANISH: "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    FRENCH: "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    ITALIAN: "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    DUTCH: "januari februari maart april mei juni juli augustus september oktober november december",
    PORTUGUESE: "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
}
DAYS = {
    ENGLISH: "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    GERMAN: "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    SPANISH: "lunes martes miércoles jueves viernes sábado domingo",
    FRENCH: "lundi mardi mercredi jeudi vendredi samedi dimanche",
    ITALIAN: "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    DUTCH: "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    PORTUGUESE: "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
}
SHORT = 3
SHORT_GERMAN_DAY = 2
MILLISECONDS_A_DAY = 86_400_000

Part = tuple[str, str]


def moment(days: float, *, from_1904: bool) -> datetime | None:
    """The moment that a number of days stands for, to the millisecond; None for one outside the calendar."""
    milliseconds = round(days * MILLISECONDS_A_DAY)
    first = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - cells know no zone
    if not from_1904 and 0 <= days < BEFORE_LEAP_ERROR:
        first += timedelta(days=1)
    try:
        return first + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def written_date(days: float, parts: Sequence[Part], language: int, *, from_1904: bool) -> str | None:
    """A moment or duration in this form; None for a number that is none."""
    digits = max((len(text.partition(".")[2]) for kind, text in parts if kind == "date"), default=0)
    days = round(days * 86_400, digits) / 86_400
    when = moment(days, from_1904=from_1904)
    is_duration = any(kind == "elapsed" for kind, _ in parts)
    if when is None or (days < 0 and not is_duration):
        return None
    has_half = any(kind == "half" for kind, _ in parts)
    minutes = _minutes(parts)
    written: list[str] = []
    for position, (kind, text) in enumerate(parts):
        match kind:
            case "elapsed":
                written.append(_elapsed(days, text))
            case "half":
                halves = text.split("/")
                written.append(halves[when.hour >= 12] if len(halves) == 2 else "")
            case "date":
                unit = text.lower().replace("m", "n") if position in minutes else text.lower()
                written.append(_unit(when, unit, language, has_half=has_half))
            case "fill":
                pass
            case _:
                written.append(text)
    return ("-" if days < 0 else "") + "".join(written)


def _minutes(parts: Sequence[Part]) -> set[int]:
    """Where an `m` means minutes: after hours and before seconds."""
    units = [
        (position, text.lower()) for position, (kind, text) in enumerate(parts) if kind in ("date", "elapsed")
    ]
    found: set[int] = set()
    for index, (position, text) in enumerate(units):
        before = units[index - 1][1] if index else ""
        after = units[index + 1][1] if index + 1 < len(units) else ""
        if text in ("m", "mm") and (before.startswith("h") or after.startswith("s")):
            found.add(position)
    return found


def _elapsed(days: float, text: str) -> str:
    seconds = round(abs(days) * 86_400)
    count = {"h": seconds // 3600, "m": seconds // 60, "s": seconds}[text[0].lower()]
    return f"{count:0{len(text)}}"


def _unit(when: datetime, text: str, language: int, *, has_half: bool) -> str:
    unit, length = text[0], len(text.partition(".")[0])
    match unit:
        case "y" | "e":
            return f"{when.year % 100:02}" if unit == "y" and length < SHORT else str(when.year)
        case "m" if length >= SHORT:
            return _name(MONTHS, when.month - 1, language, length)
        case "d" if length >= SHORT:
            return _name(DAYS, when.weekday(), language, length)
        case "h":
            return f"{(when.hour - 1) % 12 + 1 if has_half else when.hour:0{min(length, 2)}}"
        case "s":
            decimals = len(text.partition(".")[2])
            fraction = f".{when.microsecond // 1000:03}"[: decimals + 1] if decimals else ""
            return f"{when.second:0{min(length, 2)}}{fraction}"
        case "m" | "d" | "n":
            return f"{ {'m': when.month, 'd': when.day, 'n': when.minute}[unit]:0{min(length, 2)}}"
        case _:
            return ""


def _name(names: dict[int, str], position: int, language: int, length: int) -> str:
    name = names.get(language, names[ENGLISH]).split()[position]
    if length == SHORT:
        return name[: SHORT_GERMAN_DAY if names is DAYS and language == GERMAN else SHORT]
    return name[0] if length > SHORT + 1 else name
