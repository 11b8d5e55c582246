"""Numbers in the forms of a workbook: groups of thousands, percent, powers of ten, fractions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property

Part = tuple[str, str]
PLAIN = re.compile(r"(?:(?P<grouped>#+,##)(?=0(?:\.|$))|#*)(?P<zeros>0+)(?:\.(?P<places>0{1,30}))?")
PLAIN_KINDS = frozenset({"quoted", "literal", "fill", "percent", "digits", "comma", "point"})
# More digits than any cell shows.
MAX_DIGITS = 30
MAX_DENOMINATOR_DIGITS = 4
# Below this the 15 digits that Excel keeps differ from the binary number by less than `NEAR_HALF`.
MAX_EXACT = 1e10
NEAR_HALF = 1e-4


@dataclass(frozen=True)
class PlainForm:
    """A form that most numbers have: texts around one number, all of whose places are written."""

    before: str
    after: str
    places: int
    width: int
    is_grouped: bool
    hundreds: int

    def written(self, value: float) -> str:
        """A number that is not negative in this form."""
        scaled = value * self.scale
        # Binary numbers round as decimal ones do, but for those halfway between two, and very large ones.
        if scaled < MAX_EXACT and abs(scaled % 1 - 0.5) > NEAR_HALF:
            return f"{self.before}{value * 100**self.hundreds:{self.form}}{self.after}"
        number = Decimal(format(value, ".15g")).scaleb(2 * self.hundreds)
        rounded = number.quantize(Decimal(1).scaleb(-self.places), ROUND_HALF_UP)
        return f"{self.before}{rounded:{self.form}}{self.after}"

    @cached_property
    def form(self) -> str:
        """How Python writes it."""
        return f"{',' if self.is_grouped else f'0{self.width}'}.{self.places}f"

    @cached_property
    def scale(self) -> float:
        """What a number is multiplied by until the last place written is that of the ones."""
        return 10.0 ** min(self.places + 2 * self.hundreds, MAX_DIGITS)


def plain_form(parts: Sequence[Part]) -> PlainForm | None:
    """The plain form that these parts are; None where they are more than that."""
    kinds = [kind for kind, _ in parts]
    inner = [position for position, kind in enumerate(kinds) if kind in ("digits", "comma", "point")]
    if not inner or not set(kinds) <= PLAIN_KINDS:
        return None
    first, last = inner[0], inner[-1]
    form = PLAIN.fullmatch("".join(text for _, text in parts[first : last + 1]))
    if form is None or len(inner) != last + 1 - first:
        return None
    before, after = (
        "".join(_literal(kind, text) for kind, text in some) for some in (parts[:first], parts[last + 1 :])
    )
    places = len(form["places"] or "")
    width = len(form["zeros"]) + (places + 1 if places else 0)
    return PlainForm(before, after, places, width, bool(form["grouped"]), kinds.count("percent"))


def general(value: float) -> str:
    """A number without a format, as a person would write it."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else format(value, ".15g")


def written_number(value: float, parts: Sequence[Part]) -> str:
    """A number that is not negative in this form."""
    kinds = [kind for kind, _ in parts]
    number = Decimal(format(value, ".15g")) * 100 ** kinds.count("percent")
    if "slash" in kinds and "digits" in kinds:
        return _fraction(number, parts)
    if "exponent" in kinds:
        return _power(number, parts)
    if "digits" not in kinds:
        return "".join(general(value) if kind == "general" else _literal(kind, text) for kind, text in parts)
    return _plain(number, parts)


def _literal(kind: str, text: str) -> str:
    return "" if kind in ("fill", "comma") else text


def _plain(number: Decimal, parts: Sequence[Part]) -> str:
    point = _position(parts, "point")
    whole, broken = parts[:point], parts[point + 1 :]
    before = [position for position, (kind, _) in enumerate(whole) if kind == "digits"]
    commas = [(position, text) for position, (kind, text) in enumerate(whole) if kind == "comma"]
    last = before[-1] if before else -1
    is_grouped = any(before and before[0] < position < last for position, _ in commas)
    # Commas behind the last digit divide by a thousand each.
    behind = [*(text for position, text in commas if position > last)]
    behind += [text for kind, text in broken if kind == "comma"]
    number = number.scaleb(-3 * sum(map(len, behind)))
    places = "".join(text for kind, text in broken if kind == "digits")[:MAX_DIGITS]
    rounded = number.quantize(Decimal(1).scaleb(-len(places)), ROUND_HALF_UP) if places else None
    rounded = rounded if rounded is not None else number.quantize(Decimal(1), ROUND_HALF_UP)
    digits, _, decimals = f"{rounded:f}".partition(".")
    text = _whole(digits, whole, is_grouped=is_grouped)
    return text if point == len(parts) else text + _decimals(decimals, places, broken)


def _position(parts: Sequence[Part], kind: str) -> int:
    return next((position for position, part in enumerate(parts) if part[0] == kind), len(parts))


def _whole(digits: str, parts: Sequence[Part], *, is_grouped: bool) -> str:
    """The digits in their places from the right, what stands between the places among them."""
    places = [place for kind, text in parts if kind == "digits" for place in text]
    digits = digits.lstrip("0")
    first = len(places) - len(digits)
    # Zeros before the number are written where the form has them.
    padded = ["0" if place == "0" else "" for place in places[: max(first, 0)]]
    columns = [*padded, *digits] if first >= 0 else [digits[: 1 - first], *digits[1 - first :]]
    if not places:
        columns = []
    written: list[str] = []
    left = sum(map(len, columns)) if columns else 0
    index = 0
    for kind, text in parts:
        if kind != "digits":
            written.append(_literal(kind, text))
            continue
        for column in columns[index : index + len(text)]:
            for digit in column:
                left -= 1
                written.append(f"{digit}," if is_grouped and left and left % 3 == 0 else digit)
        index += len(text)
    return "".join(written) if places else digits + "".join(written)


def _decimals(decimals: str, places: str, parts: Sequence[Part]) -> str:
    kept = len(decimals)
    while kept and decimals[kept - 1] == "0" and places[kept - 1] != "0":
        kept -= 1
    written: list[str] = ["."]
    used = 0
    for kind, text in parts:
        if kind == "digits":
            written.append(decimals[used : min(used + len(text), kept)])
            used += len(text)
        else:
            written.append(_literal(kind, text))
    return "".join(written)


def _power(number: Decimal, parts: Sequence[Part]) -> str:
    at = _position(parts, "exponent")
    mantissa, sign = parts[:at], parts[at][1][1]
    step = max(
        sum(len(text) for kind, text in mantissa[: _position(mantissa, "point")] if kind == "digits"), 1
    )
    exponent = number.adjusted() // step * step if number else 0
    written = _plain(number.scaleb(-exponent), mantissa)
    if len(written.partition(".")[0].replace(",", "")) > step:
        exponent += step
        written = _plain(number.scaleb(-exponent), mantissa)
    behind = parts[at + 1 :]
    places = sum(len(text) for kind, text in behind if kind == "digits")
    tail = "".join(_literal(kind, text) for kind, text in behind if kind != "digits")
    mark = "-" if exponent < 0 else ("+" if sign == "+" else "")
    return f"{written}E{mark}{abs(exponent):0{places}}{tail}"


def _fraction(number: Decimal, parts: Sequence[Part]) -> str:
    """A whole number and a fraction; where the form has no place for the first, only the fraction."""
    slash = _position(parts, "slash")
    before = [position for position, (kind, _) in enumerate(parts[:slash]) if kind == "digits"]
    behind = parts[slash + 1 :]
    stated = "".join(text for kind, text in behind if kind in ("digits", "literal") and text.strip())
    fixed = int(stated) if stated.isdecimal() and int(stated) else 0
    size = min(sum(len(text) for kind, text in behind if kind == "digits"), MAX_DENOMINATOR_DIGITS)
    exact = Fraction(number)
    whole = int(exact) if len(before) > 1 else 0
    rest = exact - whole
    if fixed:
        above, below = round(rest * fixed), fixed
    else:
        near = rest.limit_denominator(10 ** max(size, 1) - 1)
        above, below = near.numerator, near.denominator
    if above == below and len(before) > 1:
        whole, above = whole + 1, 0
    head = "".join(_literal(kind, text) for kind, text in parts[: before[0] if before else 0])
    tail = "".join(_literal(kind, text) for kind, text in behind if kind in ("quoted", "percent"))
    part = f"{above}/{below}" if above or len(before) < 2 else ""
    shown = " ".join(filter(None, [str(whole) if whole or not part else "", part]))
    return f"{head}{shown}{tail}"
