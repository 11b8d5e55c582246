"""Writes well-known labelled collections in the form of `retrieval_sets.py`: `python
benchmarks/retrieval_collections.py FOLDER --out FOLDER`.

In the first folder lie, as their authors give them, any of:

- `xquad/xquad.LL.json`: paragraphs of Wikipedia with questions, in twelve languages
  (github.com/google-deepmind/xquad): `xquad_LL`;
- `cranfield/cran.all.1400`, `cran.qry`, `cranqrel` and `cisi/CISI.ALL`, `CISI.QRY`, `CISI.REL`: abstracts of
  aerodynamics and of library science with the questions of researchers: `cranfield`, `cisi`;
- `squad/NAME.json`: any other collection in the form of SQuAD: `NAME`;
- `faq/*.csv` and `faq/*.tsv`, `laws/*.md`, `recipes/**/*.md` (`retrieval_texts.py`): `faq-LL`, `law-de`,
  `recipe-en`.
"""

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import retrieval_sets
from retrieval_texts import frequently_asked, laws, recipes

FIELD = re.compile(r"^\.([A-Z])\b ?", re.MULTILINE)
# Cranfield's judges gave 1 (a complete answer) to 4 (of minimum interest).
LEAST_INTEREST = 4


class Collection(NamedTuple):
    """Documents (id, title, text), questions (id, text), and pairs of a question and a document."""

    corpus: Sequence[Mapping[str, Any]]
    queries: Sequence[Mapping[str, Any]]
    relevant: Sequence[tuple[str, str]]


def main() -> None:
    """Write those collections that are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    for name, collection in _found(options.folder):
        write(options.out / name, collection)
    for name, documents in _texts(options.folder):
        retrieval_sets.write(options.out / name, retrieval_sets.usable(documents))


def _found(folder: Path) -> Iterator[tuple[str, Collection]]:
    for file in sorted(folder.glob("xquad/xquad.*.json")):
        yield f"xquad_{file.name.split('.')[1]}", paragraphs(json.loads(file.read_text(encoding="utf-8")))
    for file in sorted(folder.glob("squad/*.json")):
        yield file.stem, paragraphs(json.loads(file.read_text(encoding="utf-8")))
    if (folder / "cranfield").is_dir():
        yield "cranfield", cranfield(folder / "cranfield")
    if (folder / "cisi").is_dir():
        yield "cisi", cisi(folder / "cisi")


def _texts(folder: Path) -> Iterator[tuple[str, Iterator[retrieval_sets.Labelled]]]:
    for language in retrieval_sets.LANGUAGES if (folder / "faq").is_dir() else ():
        if any(frequently_asked(folder / "faq", language)):
            yield f"faq-{language}", frequently_asked(folder / "faq", language)
    if (folder / "laws").is_dir():
        yield "law-de", laws(folder / "laws")
    if (folder / "recipes").is_dir():
        yield "recipe-en", recipes(folder / "recipes")


def paragraphs(squad: Mapping[str, Any]) -> Collection:
    """A collection in the form of SQuAD."""
    corpus: list[dict[str, Any]] = []
    queries: list[dict[str, Any]] = []
    relevant: list[tuple[str, str]] = []
    for article in squad["data"]:
        for paragraph in article["paragraphs"]:
            name = f"p{len(corpus)}"
            title = article.get("title", "").replace("_", " ")
            corpus.append({"id": name, "title": title, "text": paragraph["context"]})
            for asked in paragraph["qas"]:
                queries.append({"id": str(asked["id"]), "text": asked["question"], "answerable": True})
                relevant.append((str(asked["id"]), name))
    return Collection(corpus, queries, relevant)


def cranfield(folder: Path) -> Collection:
    """Cranfield's collection; its judgements count the questions, whatever their numbers."""
    queries = [_query(str(place), one) for place, one in enumerate(_records(folder / "cran.qry"), 1)]
    rows = [line.split() for line in (folder / "cranqrel").read_text().splitlines() if line.strip()]
    relevant = [(row[0], row[1]) for row in rows if 1 <= int(row[2]) < LEAST_INTEREST]
    return _known(_documents(folder / "cran.all.1400"), queries, relevant)


def cisi(folder: Path) -> Collection:
    """The collection of the Institute for Scientific Information."""
    queries = [_query(one["I"], one) for one in _records(folder / "CISI.QRY")]
    rows = [line.split() for line in (folder / "CISI.REL").read_text().splitlines() if line.strip()]
    return _known(_documents(folder / "CISI.ALL"), queries, [(row[0], row[1]) for row in rows])


def _known(
    corpus: Sequence[Mapping[str, Any]],
    queries: Sequence[Mapping[str, Any]],
    relevant: Sequence[tuple[str, str]],
) -> Collection:
    there, asked = {one["id"] for one in corpus}, {one["id"] for one in queries}
    return Collection(corpus, queries, [each for each in relevant if each[0] in asked and each[1] in there])


def _query(name: str, record: Mapping[str, str]) -> Mapping[str, Any]:
    return {"id": name, "text": record["W"].rstrip(" ."), "answerable": True}


def _documents(file: Path) -> list[Mapping[str, Any]]:
    return [
        {"id": one["I"], "title": one.get("T", "").rstrip(" ."), "text": one["W"]}
        for one in _records(file)
        if one.get("W")
    ]


def _records(file: Path) -> Iterator[Mapping[str, str]]:
    """Records whose fields begin with a line of a point and a letter."""
    for record in re.split(r"^(?=\.I )", file.read_text(encoding="utf-8", errors="replace"), flags=re.M)[1:]:
        parts = FIELD.split(record)[1:]
        yield {name: " ".join(text.split()) for name, text in zip(parts[::2], parts[1::2], strict=True)}


def write(folder: Path, collection: Collection) -> None:
    """The three files of a set."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in (("corpus", collection.corpus), ("queries", collection.queries)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    rows = "".join(f"{query}\t{document}\t1\n" for query, document in collection.relevant)
    (folder / "qrels.tsv").write_text(f"query_id\tdoc_id\tscore\n{rows}", encoding="utf-8")
    print(f"{folder.name}: {len(collection.corpus)} documents, {len(collection.queries)} questions")


if __name__ == "__main__":
    main()
