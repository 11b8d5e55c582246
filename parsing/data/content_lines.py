"""Calendars (.ics) and contacts (.vcf): each event, task or card as named lines below its name."""

import quopri
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.tables import named_values
from parsing.text import clean, decode, label_encoding, title_from

LINE = re.compile(
    r"(?:[\w-]{1,60}\.)?([A-Za-z][\w-]{0,60})((?:;(?:\"[^\"\n]*\"|[^:;\"\n])*){0,30}):(.*)", re.DOTALL
)
PARAMETER = re.compile(r";([\w-]+)(?:=((?:\"[^\"]*\"|[^;\"])*))?")
ESCAPED = re.compile(r"\\([nN,;:\\])")
TIME = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d):?(\d\d)?(Z)?)?")
ROOTS = frozenset({"VCALENDAR", "VCARD"})
ENTRIES = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VCARD"})
# Parts that programs need and nobody reads.
SILENT_PARTS = frozenset({"VTIMEZONE", "STANDARD", "DAYLIGHT"})
PART_NAMES = {"VALARM": "reminders", "VFREEBUSY": "times that are free or taken"}
NAMES = {
    "SUMMARY": "", "FN": "", "DTSTART": "Start", "DTEND": "End", "DUE": "Due", "N": "Full name",
    "LOCATION": "Where", "RRULE": "Repeats", "ORG": "Organization", "TEL": "Phone", "ADR": "Address",
    "BDAY": "Birthday", "NICKNAME": "Nickname", "TITLE": "Position", "RELATED": "Related",
}  # fmt: skip
# What is for programs: identities, versions, places in a list.
SILENT = frozenset(
    {
        *("BEGIN", "END", "VERSION", "PRODID", "UID", "DTSTAMP", "SEQUENCE", "CREATED", "LAST-MODIFIED"),
        *("TRANSP", "REV", "CALSCALE", "METHOD", "KIND", "CLIENTPIDMAP", "RECURRENCE-ID", "PRIORITY"),
    }
)
QUOTED_PRINTABLE = "QUOTED-PRINTABLE"
BINARY = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
STRUCTURED = frozenset({"ADR", "ORG", "N"})
PEOPLE = frozenset({"ATTENDEE", "ORGANIZER"})
ANSWERS = frozenset({"ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED", "COMPLETED"})
DATES = frozenset({"DTSTART", "DTEND", "DUE", "COMPLETED", "BDAY", "ANNIVERSARY", "EXDATE", "RDATE"})
# Types that say no more than that a number is one.
PLAIN_TYPES = frozenset({"pref", "internet", "voice", "x-internet", "dom", "intl", "postal", "parcel"})


@dataclass(frozen=True)
class Property:
    """One line: its name in capitals, its parameters and its value as it is written."""

    name: str
    parameters: dict[str, list[str]]
    value: str


@dataclass
class Part:
    """An event, a card, or what holds them."""

    kind: str
    properties: list[Property] = field(default_factory=list[Property])


def parse(data: bytes, source: str) -> ParsedDocument:
    """Events, tasks or cards, each below its name. Raises `FileFormatError` for other files."""
    text = decode(data)
    if not text.strip():
        return ParsedDocument(title_from(source), ())
    parts = list(_parts(_properties(text)))
    if not any(part.kind in ROOTS for part in parts):
        raise FileFormatError("There is no calendar and no contact in the file. Export it again.")
    entries = [part for part in parts if part.kind in ENTRIES]
    calendar = next((part for part in parts if part.kind == "VCALENDAR"), None)
    stated = _value_of(calendar, "X-WR-CALNAME") if calendar else ""
    title = stated or (_entry_name(entries[0]) if len(entries) == 1 else "")
    blocks = [block for entry in entries for block in _entry(entry, title)]
    return ParsedDocument(title or title_from(source), tuple(blocks), notes=tuple(_notes(parts)))


def _properties(text: str) -> Iterator[Property]:
    for line in _whole_lines(text.split("\n")):
        found = LINE.match(line)
        if found:
            parameters: dict[str, list[str]] = {}
            for name, value in PARAMETER.findall(found[2]):
                # `TEL;HOME:` is short for `TEL;TYPE=HOME:`.
                key, said = (name.upper(), value) if value else ("TYPE", name)
                parameters.setdefault(key, []).extend(said.replace('"', "").split(","))
            yield Property(found[1].upper(), parameters, _plain(found[3], parameters))


def _whole_lines(lines: Iterable[str]) -> Iterator[str]:
    """The lines with what was cut off them: it goes on after a space, or after an equals sign at the end."""
    parts: list[str] = []
    for line in lines:
        if parts and QUOTED_PRINTABLE in parts[0][:200].upper() and parts[-1].endswith("="):
            parts[-1] = parts[-1][:-1]
            parts.append(line)
        elif parts and line.startswith((" ", "\t")):
            parts.append(line[1:])
        else:
            yield "".join(parts)
            parts = [line]
    yield "".join(parts)


def _plain(value: str, parameters: dict[str, list[str]]) -> str:
    encodings = [*parameters.get("ENCODING", []), *parameters.get("TYPE", [])]
    if QUOTED_PRINTABLE not in (encoding.upper() for encoding in encodings):
        return value
    charset = label_encoding(next(iter(parameters.get("CHARSET", [])), "")) or "utf-8"
    return clean(quopri.decodestring(value.encode("utf-8", "replace")).decode(charset, "replace"))


def _parts(properties: Iterable[Property]) -> Iterator[Part]:
    """The parts as they begin, with what is said of each itself."""
    open_parts: list[Part] = []
    for said in properties:
        if said.name == "BEGIN":
            open_parts.append(Part(said.value.strip().upper()))
            yield open_parts[-1]
        elif said.name == "END":
            del open_parts[-1:]
        elif open_parts:
            open_parts[-1].properties.append(said)


def _entry(entry: Part, title: str) -> Iterator[Block]:
    name = _entry_name(entry)
    # A name in its parts mostly tells nothing new beside the name as it is written.
    parts, written = (set(re.findall(r"\w+", _value_of(entry, key))) for key in ("N", "FN"))
    silent = SILENT | {"N"} if parts <= written else SILENT
    told = (said for said in entry.properties if said.name not in silent and _is_for_people(said))
    lines = named_values((_label(said), _text(said)) for said in told)
    if lines:
        yield Block(lines, "text", (name,) if name and name != title else ())


def _entry_name(entry: Part) -> str:
    return _value_of(entry, "SUMMARY") or _value_of(entry, "FN")


def _value_of(part: Part, name: str) -> str:
    return next((" ".join(_text(said).split()) for said in part.properties if said.name == name), "")


def _is_for_people(said: Property) -> bool:
    # `X-` is for one program.
    return said.name not in BINARY and not said.name.startswith("X-")


def _label(said: Property) -> str:
    name = NAMES.get(said.name, said.name.replace("-", " ").capitalize())
    types = [kind.lower() for kind in said.parameters.get("TYPE", [])]
    told = [kind for kind in types if kind not in PLAIN_TYPES and kind.upper() != QUOTED_PRINTABLE]
    return f"{name} ({', '.join(told)})" if told and name else name


def _text(said: Property) -> str:
    if said.name in STRUCTURED:
        fields = (_unescaped(value).strip() for value in re.split(r"(?<!\\);", said.value))
        return ", ".join(filter(None, fields))
    value = _unescaped(said.value)
    if said.name in PEOPLE:
        address = re.sub(r"^mailto:", "", value, flags=re.IGNORECASE)
        name = next(iter(said.parameters.get("CN", [])), "")
        person = f"{name} ({address})" if name and name != address else address
        answer = next(iter(said.parameters.get("PARTSTAT", [])), "")
        return f"{person}, {answer.lower()}" if answer.upper() in ANSWERS else person
    if said.name in DATES:
        zone = next(iter(said.parameters.get("TZID", [])), "")
        return ", ".join(filter(None, (TIME.sub(_time, value), zone)))
    return value


def _time(found: re.Match[str]) -> str:
    year, month, day, hour, minute, _, utc = found.groups()
    date = f"{year}-{month}-{day}"
    try:
        datetime.fromisoformat(date)
    except ValueError:
        return found[0]
    return f"{date} {hour}:{minute}{' UTC' if utc else ''}" if hour else date


def _unescaped(value: str) -> str:
    return clean(ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)).strip()


def _notes(parts: Sequence[Part]) -> Iterator[str]:
    others = (part.kind for part in parts if part.kind not in ENTRIES | ROOTS | SILENT_PARTS)
    left = Counter(PART_NAMES.get(kind, kind.lower()) for kind in others)
    told = [said for part in parts if part.kind in ENTRIES for said in part.properties]
    left.update(said.name.lower() for said in told if said.name in BINARY)
    left["properties of single programs"] = sum(said.name.startswith("X-") for said in told)
    for kind, count in left.items():
        if count:
            yield f"{kind}: {count} left out"
