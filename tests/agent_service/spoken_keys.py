"""Which sentences of the catalogue the code says, found in its syntax trees."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.python_sources import tree_of

PACKAGE = Path(__file__).parents[2] / "agent_service"
EVENTS = ("CustomStreamError", "NoticeEvent", "ErrorEvent")
# What takes a key, with the place of the key among its arguments.
SPEAKERS = {
    "SaidError": 0,
    "RequestRefusedError": 0,
    "ActionRefusedError": 0,
    "ToolRefusedError": 0,
    "in_every_language": 0,
    "say": 1,
}
# Names with dots between; in a pattern the dots are escaped, and what is put in is `\\w+`.
FORM_OF_KEY = re.compile(r"[a-z0-9_+\\]+(?:\\?\.[a-z0-9_+\\]+)+")


@dataclass(frozen=True)
class Module:
    """A file's tree, and the constants that it can name, its own and imported ones."""

    name: str
    tree: ast.Module
    constants: Mapping[str, ast.expr]

    def calls(self, names: Collection[str]) -> Iterator[tuple[str, ast.Call]]:
        """The calls of functions and classes with these names, each with the name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield node.func.id, node

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """All functions and methods."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def value(self, node: ast.expr) -> ast.expr:
        """What a name stands for when it is a constant's."""
        return self.constants.get(node.id, node) if isinstance(node, ast.Name) else node


@dataclass(frozen=True)
class Key:
    """An argument that is said; `pattern` matches the keys it can be, and is None for a variable."""

    place: str
    pattern: str | None
    written: str

    def can_be(self, key: str) -> bool:
        """Whether this key can be meant."""
        return self.pattern is not None and re.fullmatch(self.pattern, key) is not None


def read_modules(folder: Path = PACKAGE) -> list[Module]:
    """All modules of the package."""
    trees = {path: tree_of(path) for path in sorted(folder.rglob("*.py"))}
    constants = {
        target.id: node.value
        for tree in trees.values()
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return [Module(str(path.relative_to(folder)), tree, constants) for path, tree in trees.items()]


def said_keys(module: Module, public: Mapping[str, int]) -> list[Key]:
    """What is said in a module: by what takes a key, and by its own functions that pass a parameter on."""
    speakers = {**public, **passing_on(module, public)}
    arguments = [
        argument
        for name, call in module.calls(speakers)
        if (argument := _argument(call, speakers[name])) is not None
    ]
    return [key for argument in arguments for key in _keys(module, argument)]


def passing_on(module: Module, speakers: Mapping[str, int]) -> dict[str, int]:
    """The module's functions that say one of their own parameters, with its position."""
    found: dict[str, int] = {}
    for function in module.functions():
        parameters = [argument.arg for argument in function.args.args]
        inner = Module(module.name, ast.Module([function], []), {})
        for name, call in inner.calls(speakers):
            argument = _argument(call, speakers[name])
            if isinstance(argument, ast.Name) and argument.id in parameters:
                found[function.name] = parameters.index(argument.id)
    return found


def literal_messages(module: Module) -> list[str]:
    """The places where an event for people is given words that are written in the code."""
    given = [
        words
        for _, call in module.calls(EVENTS)
        for words in (*call.args[:1], *(k.value for k in call.keywords if k.arg in ("message", "title")))
    ]
    return [
        f"{module.name}:{words.lineno}"
        for words in given
        if isinstance(module.value(words), ast.Constant | ast.JoinedStr | ast.BinOp)
    ]


def all_texts(module: Module) -> list[Key]:
    """Every text in a module that has the form of a key, or can get it."""
    texts = [node for node in ast.walk(module.tree) if isinstance(node, ast.Constant | ast.JoinedStr)]
    keys = [key for text in texts for key in _keys(module, text)]
    return [key for key in keys if key.pattern and FORM_OF_KEY.fullmatch(key.pattern)]


def _keys(module: Module, node: ast.expr) -> list[Key]:
    if isinstance(node, ast.IfExp):
        return [*_keys(module, node.body), *_keys(module, node.orelse)]
    place = f"{module.name}:{node.lineno}"
    return [Key(place, _pattern(module.value(node)), ast.unparse(node))]


def _pattern(node: ast.expr) -> str | None:
    if isinstance(node, ast.JoinedStr):
        return "".join(_pattern(part) or r"\w+" for part in node.values)
    return re.escape(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _argument(call: ast.Call, position: int) -> ast.expr | None:
    return call.args[position] if len(call.args) > position else None
