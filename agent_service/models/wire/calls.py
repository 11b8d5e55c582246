"""The tool calls of one answer, put together from the pieces in which they come."""

import json
import secrets
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from agent_service.models.wire.arguments import Arguments, meant_arguments
from agent_service.models.wire.names import ToolNames
from agent_service.models.wire.text import values_in

# The only length that all providers take: Mistral wants nine letters and digits.
ID_CHARACTERS = 9
MAX_CALLS = 64
MAX_ARGUMENTS_CHARACTERS = 400_000
ALPHABET = string.ascii_letters + string.digits
OWN_FIELDS = {"index", "id", "type", "function"}
ARGUMENT_FIELDS = ("arguments", "parameters", "input")


def new_call_id() -> str:
    """An id for a tool call, of its own and of a form that every provider takes."""
    return "".join(secrets.choice(ALPHABET) for _ in range(ID_CHARACTERS))


@dataclass
class _Call:
    """A call as far as it has come; `extra` is what a provider wants to see again."""

    given_id: str = ""
    name: str = ""
    arguments: str = ""
    extra: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def is_complete(self) -> bool:
        """Whether its arguments are whole already, so that what follows belongs to another call."""
        return bool(values_in(self.arguments))


class Calls:
    """Collects the calls of an answer: those of the protocol and those written as text."""

    def __init__(self, tools: ToolNames) -> None:
        self._tools = tools
        self._calls: list[_Call] = []
        self._written: list[tuple[str, str]] = []
        self._at: dict[int | str | None, _Call] = {}

    def __bool__(self) -> bool:
        return bool(self._calls or self._written)

    def feed(self, pieces: Iterable[object]) -> None:
        """Take in pieces of calls."""
        for piece in pieces:
            if isinstance(piece, dict):
                self._feed(cast(dict[str, Any], piece))

    def add(self, name: str, arguments: Arguments) -> None:
        """Take in a call that was written as text; one that is in the protocol too counts once."""
        if len(self._written) < MAX_CALLS:
            self._written.append((name, json.dumps(arguments)))

    def finish(self) -> list[dict[str, Any]]:
        """The calls as they are meant, with ids and indexes of their own."""
        meant = [entry for call in self._calls if call.name or call.given_id for entry in self._meant(call)]
        made = [(function["name"], function["arguments"]) for function, _ in meant]
        written = [one for one in self._written if one not in made]
        meant += [({"name": name, "arguments": arguments}, {}) for name, arguments in written]
        return [
            {**extra, "index": index, "id": new_call_id(), "type": "function", "function": function}
            for index, (function, extra) in enumerate(meant[:MAX_CALLS])
        ]

    def _meant(self, call: _Call) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
        # Some servers name the tool nowhere but in the id.
        name = call.name or self._tools.known(call.given_id)
        for arguments in meant_arguments(call.arguments) if name else ():
            for one, given in _taken_apart(str(name), arguments):
                yield {"name": self._tools.meant(one), "arguments": json.dumps(given)}, call.extra

    def _feed(self, piece: Mapping[str, Any]) -> None:
        function = piece.get("function")
        given = cast(dict[str, Any], function) if isinstance(function, dict) else dict(piece)
        name, arguments = _text(given.get("name")), _written(_first_of(given, ARGUMENT_FIELDS))
        given_id = _text(piece.get("id"))
        index = piece.get("index")
        place = index if isinstance(index, int | str) else None
        call = self._call_for(place, given_id, name, arguments)
        if call is None or _is_repeated(call, given_id, name, arguments):
            return
        call.name = self._joined(call.name, name)
        call.arguments = (call.arguments + arguments)[:MAX_ARGUMENTS_CHARACTERS]
        call.extra |= {key: value for key, value in piece.items() if key not in OWN_FIELDS and function}

    def _call_for(self, index: int | str | None, given_id: str, name: str, arguments: str) -> _Call | None:
        """The call that a piece belongs to, a new one when it begins one; None when there are too many."""
        last = self._calls[-1] if self._calls else None
        call = self._at.get(index) if index is not None else last
        if not name:
            # Servers that count the pieces of one call, or mix those of several.
            with_id = next((one for one in self._calls if given_id and one.given_id == given_id), None)
            call = with_id or call or last
        is_new = call is None or (name and not _is_repeated(call, given_id, name, arguments))
        if call is None or (is_new and self._begins_anew(call, given_id, arguments)):
            if len(self._calls) >= MAX_CALLS:
                return None
            call = _Call(given_id)
            self._calls.append(call)
        self._at[index] = call
        call.given_id = call.given_id or given_id
        return call

    def _begins_anew(self, call: _Call, given_id: str, arguments: str) -> bool:
        """Whether a piece with a name, at the place of another call, is the first one of a new call."""
        is_other = bool(given_id and call.given_id and given_id != call.given_id)
        if call.arguments:
            return call.is_complete or (is_other and arguments.lstrip().startswith("{"))
        return is_other and self._tools.known(call.name) is not None

    def _joined(self, before: str, piece: str) -> str:
        """A name that comes in pieces, or again and again."""
        return before if piece == before or before in self._tools else before + piece


def _taken_apart(name: str, arguments: Arguments) -> Iterator[tuple[str, Arguments]]:
    """The calls in one of `multi_tool_use.parallel`, which models make up; any other call as it is."""
    uses = arguments.get("tool_uses")
    if not name.endswith("parallel") or not isinstance(uses, list):
        yield name, arguments
        return
    for use in cast(list[object], uses):
        if isinstance(use, dict):
            told = cast(Arguments, use)
            given = _first_of(told, ARGUMENT_FIELDS)
            one = _text(_first_of(told, ("recipient_name", "name")))
            yield from ((one, meant) for meant in meant_arguments(given))


def _first_of(given: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((given[name] for name in names if given.get(name) is not None), None)


def _is_repeated(call: _Call, given_id: str, name: str, arguments: str) -> bool:
    """Whether a piece says once more what has come: some servers end with the whole call."""
    is_same = name == call.name and given_id in ("", call.given_id)
    return is_same and bool(call.arguments) and arguments in ("", call.arguments) and call.is_complete


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _written(arguments: object) -> str:
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else json.dumps(arguments)
