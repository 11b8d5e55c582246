"""Labelled sets of texts that are questions and answers already: `retrieval_collections.py` writes them.

Frequently asked questions in tables, laws as `github.com/bundestag/gesetze` has them, and recipes as
`github.com/LukeSmithxyz/based.cooking` has them: both Markdown with front matter.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from retrieval_sets import Labelled, spaced

SECTION = re.compile(r"^#{2,} § ?\d+\w* ", re.MULTILINE)
NAME_OF_LAW = re.compile(r"^jurabk: (.+)$", re.MULTILINE)
TITLE = re.compile(r'^title: "?(.+?)"?$', re.MULTILINE)
# Of a recipe's first words only a sentence asks for something.
LEAST_SAID = 40


def frequently_asked(folder: Path, language: str) -> Iterator[Labelled]:
    """Answers in a language with their questions, of tables with the columns question, answer and lang; the
    title is what the page is called.
    """
    for file in sorted(folder.glob("*.[ct]sv")):
        with file.open(encoding="utf-8", newline="") as table:
            for row in csv.DictReader(table, delimiter="," if file.suffix == ".csv" else "\t"):
                if row["lang"] == language:
                    yield Labelled(spaced(row["name"] or ""), row["answer"].strip(), spaced(row["question"]))


def laws(folder: Path) -> Iterator[Labelled]:
    """Sections of laws; the question is a section's heading, the title the law's short name."""
    for file in sorted(folder.glob("*.md")):
        law = file.read_text(encoding="utf-8")
        named = NAME_OF_LAW.search(law)
        for section in SECTION.split(law)[1:]:
            heading, _, text = section.partition("\n")
            # What follows a section's last paragraph are headings of the next parts.
            text = "\n\n".join(spaced(each) for each in text.split("\n\n") if each.strip() and each[0] != "#")
            yield Labelled(named[1] if named else file.stem, text, spaced(heading))


def recipes(folder: Path) -> Iterator[Labelled]:
    """Recipes, asked for by what is said of the dish at first."""
    for file in sorted(folder.rglob("*.md")):
        _, _, rest = file.read_text(encoding="utf-8").partition("---\n")
        head, _, text = rest.partition("\n---")
        parts = [part.strip() for part in text.split("\n\n") if part.strip() and not part.startswith("![")]
        named, said = TITLE.search(head), spaced(parts[0]) if parts else ""
        if named and len(said) >= LEAST_SAID and said[0].isalpha():
            yield Labelled(named[1], "\n\n".join(parts[1:]), said)
