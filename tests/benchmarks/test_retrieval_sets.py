"""Labelled sets of public documents, and the constants that they choose."""

import gzip
import json
from pathlib import Path

import pytest

from tests.benchmarks.test_smoke import rows, run

pytestmark = pytest.mark.timeout(600)
TOPICS = ("printer", "telescope", "violin", "bridge", "oven", "tiger", "river", "football", "bank", "garden")
PAGE = """<page xmlns="http://projectmallard.org/1.0/" id="{topic}">
<info><desc>Clean the <em>{topic}</em> each spring.</desc></info><title>The {topic}</title>
<p>Somebody looks after the {topic} and keeps it as new as on its first day.</p>
<section><title>Tools</title><p>A soft cloth and warm water are enough. Nothing that scratches may touch it.
Whoever finds a damage tells the warden, who writes it down in the green book.</p></section></page>"""
MANUAL = """.TH {name} 1
.SH NAME
{name} \\- show what the {topic} does
.SH DESCRIPTION
.B {name}
reads the state of the {topic} and prints it to standard output, a line for each part of it.
.PP
Without arguments all parts are shown. Parts that are switched off come last, and those that never answered
are marked with a question mark at the end of their line.
"""
BOOK = """<html><head><title>Chapter 1. Houses</title></head><body><div class="section">
<div class="titlepage"><h2>1.{number}. Who owns the {topic}?</h2></div>
<p>The {topic} belongs to the town, which bought it long ago for a small sum from a family that had no use for
it any more.</p><p>Until then it stood in a barn behind the mill, where nobody saw it for years. It was found
by children who looked for their cat on a rainy day in autumn.</p></div></body></html>"""


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """A folder with documents as packages of Debian hold them."""
    share = tmp_path / "unpacked" / "usr" / "share"
    folders = [share / "help/C/gnome-help", share / "man/man1", share / "doc/debian/FAQ"]
    for folder in folders:
        folder.mkdir(parents=True)
    for number, topic in enumerate(TOPICS):
        (folders[0] / f"{topic}.page").write_text(PAGE.format(topic=topic))
        manual = MANUAL.format(name=f"{topic}ctl", topic=topic)
        (folders[1] / f"{topic}ctl.1.gz").write_bytes(gzip.compress(manual.encode()))
        (folders[2] / f"{topic}.en.html").write_text(BOOK.format(topic=topic, number=number))
    return tmp_path / "unpacked"


def lines(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.slow
async def test_sets_are_made_of_what_packages_hold_and_each_is_measured_by_the_others_constants(
    tmp_path: Path, unpacked: Path
) -> None:
    sets = tmp_path / "sets"
    await run(tmp_path, "retrieval_sets.py", unpacked, "--languages", "en", "--out", sets)
    asked = {
        folder.name: {query["text"] for query in lines(folder / "queries.jsonl")} for folder in sets.iterdir()
    }
    assert asked == {
        "help-en": {f"Clean the {topic} each spring." for topic in TOPICS},
        "manual-en": {f"show what the {topic} does" for topic in TOPICS},
        "book-en": {f"Who owns the {topic}?" for topic in TOPICS},
    }
    for name, questions in asked.items():
        corpus = "\n".join(document["text"] for document in lines(sets / name / "corpus.jsonl"))
        assert not any(question in corpus for question in questions)
    chosen = [sets / name for name in ("help-en", "book-en")]
    options = ("--beside", "help-en=book-en", "--looked-at", "book-en", "--cache", tmp_path / "kept")
    printed = rows(await run(tmp_path, "retrieval_constants.py", *chosen, *options))
    ranking, confidence = printed[:2], printed[2:]
    assert [row[:2] for row in ranking] == [["help-en", "no"], ["book-en", "yes"]]
    assert all(0 < float(cell) <= 1 for row in ranking for cell in (row[2], *row[5:]))
    assert [row[0] for row in confidence] == ["help-en", "book-en"]
    assert all(0 <= float(cell) <= 1 for cell in confidence[0][1:5])
