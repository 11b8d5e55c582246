"""The names of tools as they are meant, without what chat templates put around them."""

import re
from collections.abc import Iterable, Iterator

# What templates and servers leave behind a name.
REST = r"\d+|commentary|analysis|final|json|code|tool|call|function"
SEPARATORS = re.compile(r"[^\w-]+")
MAX_NAME_CHARACTERS = 200


class ToolNames:
    """The tools that a request offers."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = list(names)
        self._plain = {_plain(name): name for name in self._names}

    def __bool__(self) -> bool:
        return bool(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def meant(self, written: str) -> str:
        """The tool that is meant by the name; the name as it is when it is none of them."""
        written = written.strip()[:MAX_NAME_CHARACTERS]
        return self.known(written) or written

    def known(self, written: str) -> str | None:
        """The tool that is meant by `functions.search:0`, `default_api:search` or the like, if any."""
        if written in self._names:
            return written
        for part in [written, *SEPARATORS.split(written)]:
            if _plain(part) in self._plain:
                return self._plain[_plain(part)]
        found = [name for name in self._names if written.endswith(f"_{name}") or _begins(written, name)]
        return max(found, key=len, default=None)


def _begins(written: str, name: str) -> bool:
    """Whether nothing else is said than the name, once or again, and what is left behind names."""
    plain = re.escape(_plain(name))
    return bool(re.fullmatch(rf"{plain}(?:{plain}|{REST})*", _plain(written[:MAX_NAME_CHARACTERS])))


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()
