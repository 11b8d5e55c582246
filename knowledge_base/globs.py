"""Globs over the places of documents, as shells and `.gitignore` have them, as expressions of Postgres."""

import re

GLOB = re.compile(r"[*?\[]")
MAX_CLASS = 100


def is_glob(text: str) -> bool:
    """Whether a text has anything that a glob takes for other characters."""
    return GLOB.search(text) is not None


def as_expression(glob: str) -> str:
    """An expression of Postgres for the places that a glob means.

    `*` and `?` stay within a folder, `**` goes through any number of them; a glob without a slash is a name
    in any folder. A class that does not end is no class.
    """
    anywhere = "/" not in glob
    # A plain expression (`***:`): what the text begins with is never taken for an option.
    return f"***:^{'(?:.*/)?' if anywhere else ''}{''.join(_parts(glob))}$"


def _parts(glob: str) -> list[str]:
    parts: list[str] = []
    place = 0
    while place < len(glob):
        if glob.startswith("**", place):
            stars = len(glob[place:]) - len(glob[place:].lstrip("*"))
            place += stars
            if glob.startswith("/", place) and (not parts or parts[-1] == "/"):
                parts.append("(?:.*/)?")
                place += 1
            elif not parts or parts[-1] != ".*":
                parts.append(".*")
            continue
        mark = glob[place]
        found = _CLASS.match(glob, place) if mark == "[" else None
        if found is not None:
            parts.append(f"[{'^/' if found[1] else ''}{_members(found[2])}]")
            place = found.end()
            continue
        parts.append({"*": "[^/]*", "?": "[^/]"}.get(mark) or (mark if mark == "/" else re.escape(mark)))
        place += 1
    return parts


_CLASS = re.compile(r"\[([!^]?)(\]?[^\]/]{0,100})\]")


def _members(text: str) -> str:
    """The characters and ranges of a class, none of which is taken for anything else."""
    escaped = re.sub(r"[\\\[\]^.=:]", lambda found: f"\\{found[0]}", text)
    # A range that goes backwards would be an error.
    return re.sub(
        r"(.)-(.)", lambda r: r[0] if r[1] <= r[2] and "\\" not in r[0] else f"{r[1]}\\-{r[2]}", escaped
    )
