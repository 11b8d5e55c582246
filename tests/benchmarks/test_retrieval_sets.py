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
    library = tmp_path / "unpacked/usr/lib/python3.11"
    folders = [share / "help/C/gnome-help", share / "man/man1", share / "doc/debian/FAQ", library]
    for folder in folders:
        folder.mkdir(parents=True)
    for number, topic in enumerate(TOPICS):
        (folders[0] / f"{topic}.page").write_text(PAGE.format(topic=topic))
        manual = MANUAL.format(name=f"{topic}ctl", topic=topic)
        (folders[1] / f"{topic}ctl.1.gz").write_bytes(gzip.compress(manual.encode()))
        (folders[2] / f"{topic}.en.html").write_text(BOOK.format(topic=topic, number=number))
        (folders[3] / f"{topic}s.py").write_text(CODE.format(topic=topic))
    return tmp_path / "unpacked"


CODE = '''def switch_on(which):
    """Turn the {topic} on, and say so. Nothing happens where it is on."""
    if which.state == "on":
        return
    for part in which.parts:
        part.power = part.usual_power
        part.began_at = part.clock.now()
    which.state = "on"
    print("The {topic} is on, with all of its parts at their usual power.")
'''
PARAGRAPHS = {
    "data": [
        {
            "title": "The_Mill",
            "paragraphs": [
                {"context": "The mill ground corn.", "qas": [{"id": "a", "question": "What did it grind?"}]},
                {"context": "It burnt down.", "qas": [{"id": "b", "question": "What became of it?"}]},
            ],
        }
    ]
}
ABSTRACTS = ".I 1\n.T\nwings in\na stream .\n.W\nthe lift of wings .\n.I 2\n.T\nheat\n.W\nslabs and heat .\n"
ASKED = ".I 001\n.W\nwhat lifts\nwings .\n.I 004\n.W\nhow do slabs heat .\n"
LONG = " ".join(["Verträge sind so auszulegen, wie es die Verkehrssitte erfordert."] * 4)
LAW = f"""---
jurabk: BGB
---

# Gesetz

##### § 156 Vertragsschluss bei Versteigerung

{LONG}

#### Titel 4 - Bedingung

##### § 157a Auslegung von Verträgen

{LONG}

(2) Mehr davon.
"""
RECIPE = f"""---
title: "Pea Soup"
---

![soup](soup.webp)

A thick soup of peas that keeps for a week.

## Ingredients

{LONG}
"""


def lines(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


async def test_known_collections_are_read_as_their_authors_give_them(tmp_path: Path) -> None:
    known, sets = tmp_path / "known", tmp_path / "sets"
    for name in ("xquad", "cranfield"):
        (known / name).mkdir(parents=True)
    (known / "xquad/xquad.es.json").write_text(json.dumps(PARAGRAPHS))
    (known / "cranfield/cran.all.1400").write_text(ABSTRACTS)
    (known / "cranfield/cran.qry").write_text(ASKED)
    # The judgements count the questions; 5 is of no interest, and document 9 is not there.
    (known / "cranfield/cranqrel").write_text("1 1 2\n2 2 3\n2 1 5\n1 9 1\n")
    await run(tmp_path, "retrieval_collections.py", known, "--out", sets)
    assert lines(sets / "xquad_es/corpus.jsonl")[1] == {
        "id": "p1",
        "title": "The Mill",
        "text": "It burnt down.",
    }
    assert (sets / "xquad_es/qrels.tsv").read_text().splitlines()[1:] == ["a\tp0\t1", "b\tp1\t1"]
    assert lines(sets / "cranfield/corpus.jsonl")[0] == {
        "id": "1",
        "title": "wings in a stream",
        "text": "the lift of wings .",
    }
    assert [one["text"] for one in lines(sets / "cranfield/queries.jsonl")] == [
        "what lifts wings",
        "how do slabs heat",
    ]
    assert (sets / "cranfield/qrels.tsv").read_text().splitlines()[1:] == ["1\t1\t1", "2\t2\t1"]


async def test_questions_with_answers_laws_and_recipes_become_sets(tmp_path: Path) -> None:
    known, sets = tmp_path / "known", tmp_path / "sets"
    for name in ("faq", "laws", "recipes/content", "squad"):
        (known / name).mkdir(parents=True)
    rows_of_table = [("Is it open?", "en"), ("Ist es offen?", "de"), ("Who pays?", "en")]
    table = "".join(f"{asked}\t{asked} {LONG}\tAnswers\t{lang}\n" for asked, lang in rows_of_table)
    (known / "faq/all.tsv").write_text("question\tanswer\tname\tlang\n" + table)
    (known / "laws/bgb.md").write_text(LAW)
    (known / "recipes/content/soup.md").write_text(RECIPE)
    (known / "squad/mills.json").write_text(json.dumps(PARAGRAPHS))
    await run(tmp_path, "retrieval_collections.py", known, "--out", sets)
    asked = {
        folder.name: {query["text"] for query in lines(folder / "queries.jsonl")} for folder in sets.iterdir()
    }
    assert asked == {
        "faq-en": {"Is it open?", "Who pays?"},
        "faq-de": {"Ist es offen?"},
        "law-de": {"Vertragsschluss bei Versteigerung", "Auslegung von Verträgen"},
        "recipe-en": {"A thick soup of peas that keeps for a week."},
        "mills": {"What did it grind?", "What became of it?"},
    }
    laws = {document["text"]: document["title"] for document in lines(sets / "law-de/corpus.jsonl")}
    assert laws == {LONG: "BGB", f"{LONG}\n\n(2) Mehr davon.": "BGB"}
    soup = lines(sets / "recipe-en/corpus.jsonl")[0]
    assert (soup["title"], "thick soup" in soup["text"]) == ("Pea Soup", False)


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
        "code-en": {f"Turn the {topic} on, and say so." for topic in TOPICS},
    }
    for name, questions in asked.items():
        corpus = "\n".join(document["text"] for document in lines(sets / name / "corpus.jsonl"))
        assert not any(question in corpus for question in questions)
    chosen = [sets / name for name in ("help-en", "book-en")]
    options = ("--beside", "help-en=book-en", "--looked-at", "book-en", "--cache", tmp_path / "kept")
    printed = rows(await run(tmp_path, "retrieval_constants.py", *chosen, *options))
    ranking, mean, confidence = printed[:2], printed[2], printed[3:]
    assert [row[:2] for row in ranking] == [["help-en", "no"], ["book-en", "yes"]]
    assert all(0 < float(cell.split()[0]) <= 1 for row in ranking for cell in (row[2], *row[5:]))
    # Of the two only one was not looked at, so it is the mean.
    assert (mean[0], mean[2], mean[-1]) == ("mean", ranking[0][2], ranking[0][-1].split()[0])
    assert [row[0] for row in confidence] == ["help-en", "book-en"]
    assert all(0 <= float(cell) <= 1 for cell in confidence[0][1:5])
