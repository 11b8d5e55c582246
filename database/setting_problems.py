"""What is wrong with a setting, in our words: its name, what is allowed and the cure; never its value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

CURE = "Correct it in the environment or in .env"
# What pydantic calls a mistake, by the beginning of its name.
MISTAKES = (
    ("int_", "not a whole number"),
    ("float_", "not a number"),
    ("finite_number", "not a number"),
    ("bool_", "neither true nor false"),
    ("greater_than", "too small"),
    ("less_than", "too large"),
    ("string_too_short", "too short"),
    ("too_short", "too short"),
    ("string_too_long", "too long"),
    ("too_long", "too long"),
    ("literal_error", "not a known choice"),
)
KINDS: Mapping[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Path: "a path",
    list: "a list separated by commas",
}


@dataclass(frozen=True)
class SettingProblem:
    """One setting that cannot be used: a sentence that names it, and what to do."""

    sentence: str
    cure: str

    def __str__(self) -> str:
        return f"{self.sentence} {self.cure}".strip()


def setting_problems(error: ValidationError, fields: Mapping[str, FieldInfo]) -> list[SettingProblem]:
    """What is wrong, a problem for each setting; `fields` are those of the settings that were read."""
    return [_problem(mistake, fields) for mistake in error.errors(include_input=False, include_url=False)]


def _problem(mistake: ErrorDetails, fields: Mapping[str, FieldInfo]) -> SettingProblem:
    name = str(mistake["loc"][0]) if mistake["loc"] else ""
    if mistake["type"] == "value_error" or name not in fields:
        # Our own validators say it all, some with the name and some without.
        said = mistake["msg"].removeprefix("Value error, ")
        known = not name or said.startswith(name.upper())
        return SettingProblem(said if known else f"{name.upper()}: {said}", "")
    field = fields[name]
    return SettingProblem(
        f"{name.upper()}: {_mistake(mistake)}. Allowed: {_allowed(field)}.",
        f"{CURE}, or leave it out{_default(field)}.",
    )


def _mistake(mistake: ErrorDetails) -> str:
    told = (words for beginning, words in MISTAKES if mistake["type"].startswith(beginning))
    return next(told, mistake["msg"])


def _allowed(field: FieldInfo) -> str:
    kind = _without_none(field.annotation)
    if get_origin(kind) is Literal:
        return " or ".join(str(choice) for choice in get_args(kind))
    said = KINDS.get(get_origin(kind) or kind, "a text")
    return said + "".join(_bounds(field.metadata, is_text=kind in (str, SecretStr)))


def _bounds(limits: Iterable[object], *, is_text: bool) -> Iterable[str]:
    """What the limits say, to be read after the kind: ` from 1`, ` to 9`, ` of at least 32 characters`."""
    for limit in limits:
        match limit:
            case Ge(ge=least):
                yield f" from {least}"
            case Gt(gt=least):
                yield f" above {least}"
            case Le(le=most):
                yield f" to {most}"
            case Lt(lt=most):
                yield f" below {most}"
            case MinLen(min_length=least) if is_text:
                yield f" of at least {least} characters"
            case MaxLen(max_length=most) if is_text:
                yield f" of at most {most} characters"
            case _:
                pass


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) not in (Union, UnionType):
        return annotation
    return next(kind for kind in get_args(annotation) if kind is not type(None))


def _default(field: FieldInfo) -> str:
    """What holds when the setting is left out; nothing where that is no plain value."""
    default = field.get_default()
    if isinstance(default, bool):
        return f" (then it is {str(default).lower()})"
    return f" (then it is {default})" if isinstance(default, str | int | float) and default != "" else ""
