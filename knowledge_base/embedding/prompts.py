"""What a model wants to be put before a question and before a passage."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePath

# What sentence-transformers models call the texts that are put before a question, or a passage.
QUERY_PROMPTS = ("query",)
DOCUMENT_PROMPTS = ("document", "passage", "corpus")


@dataclass(frozen=True)
class Prompts:
    """What is put before a question (`query`) and before a passage (`document`); often nothing."""

    query: str = ""
    document: str = ""


NO_PROMPTS = Prompts()


@dataclass(frozen=True)
class Family:
    """Models of one publisher, known by a pattern in their name."""

    name: str
    pattern: str
    query: str
    document: str


def prompts_of(written: Mapping[str, str | None], default: str | None, names: Iterable[str]) -> Prompts:
    """The prompts that a model's files have `written`, else those of its family.

    `default` is the prompt that the files name for texts of every kind; `names` are what the model is called:
    by the user, then by its files.
    """
    found = Prompts(_written(written, default, QUERY_PROMPTS), _written(written, default, DOCUMENT_PROMPTS))
    return found if any(written.values()) else _of_family(names)


def _written(prompts: Mapping[str, str | None], default: str | None, names: Sequence[str]) -> str:
    return next((found for name in (*names, default) if name and (found := prompts.get(name))), "")


def _of_family(names: Iterable[str]) -> Prompts:
    for name in names:
        # A folder may have any name; those above it say nothing about the model.
        last = PurePath(name).name.lower().replace("_", "-")
        for family in _families():
            if re.search(family.pattern, last):
                return Prompts(family.query, family.document)
    return NO_PROMPTS


@cache
def _families() -> list[Family]:
    text = (files("knowledge_base.embedding") / "families.toml").read_text(encoding="utf-8")
    return [Family(**family) for family in tomllib.loads(text)["families"]]
