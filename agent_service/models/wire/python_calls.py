"""Tool calls written in Python, as some models do: `print(default_api.search(query="leave"))`."""

import ast
from collections.abc import Iterator
from typing import Any

Written = tuple[str, dict[str, Any] | None]

MAX_CHARACTERS = 20_000
# Names that stand for values in JSON.
CONSTANTS = {"true": True, "false": False, "null": None}
PRINTING = ("print", "str", "repr")


def python_calls(text: str) -> list[Written]:
    """Names and arguments of the calls that the text consists of; None for arguments without names."""
    tree = _parsed(text)
    return [] if tree is None else [call for line in tree.body for call in _of_statement(line)]


def keyword_arguments(text: str) -> dict[str, Any] | None:
    """The arguments in `query="leave", limit=5`, in brackets, or in a whole call; None for anything else."""
    text = text.strip()
    for spelling in (text, f"f{text}", f"f({text})"):
        calls = python_calls(spelling)
        if len(calls) == 1 and calls[0][1]:
            return calls[0][1]
    return None


def _parsed(text: str) -> ast.Module | None:
    if len(text) > MAX_CHARACTERS:
        return None
    try:
        return ast.parse(text.strip())
    except (SyntaxError, ValueError, MemoryError, RecursionError, SystemError):
        # SystemError: in Python 3.11, when garbage that is collected meanwhile logs a traceback.
        return None


def _of_statement(line: ast.stmt) -> Iterator[Written]:
    if isinstance(line, ast.Expr | ast.Assign):
        yield from _of_value(line.value)


def _of_value(value: ast.expr) -> Iterator[Written]:
    if isinstance(value, ast.Await):
        value = value.value
    if isinstance(value, ast.List | ast.Tuple):
        for entry in value.elts:
            yield from _of_value(entry)
    if not isinstance(value, ast.Call):
        return
    name = _name(value.func)
    if name in PRINTING:
        for argument in value.args:
            yield from _of_value(argument)
    elif name:
        yield name.removesuffix(".call"), _arguments(value)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        before = _name(function.value)
        return f"{before}.{function.attr}" if before else ""
    return function.id if isinstance(function, ast.Name) else ""


def _arguments(call: ast.Call) -> dict[str, Any] | None:
    try:
        given = {one.arg: _value(one.value) for one in call.keywords if one.arg}
        alone: object = _value(call.args[0]) if len(call.args) == 1 and not given else None
    except (ValueError, TypeError, RecursionError):
        return None
    if isinstance(alone, dict):
        return {str(name): value for name, value in alone.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return None if call.args else given


def _value(node: ast.expr) -> Any:
    """The value that is written. Raises `ValueError` for what has to be worked out."""
    if isinstance(node, ast.Name) and node.id in CONSTANTS:
        return CONSTANTS[node.id]
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(entry) for entry in node.elts]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {_value(key): _value(entry) for key, entry in pairs if key is not None}
    return ast.literal_eval(node)
