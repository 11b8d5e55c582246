"""Makes labelled sets of public documents, by rule: `python benchmarks/retrieval_sets.py ROOT --out FOLDER`.

ROOT is where packages of Debian were unpacked (`apt-get download gnome-user-docs debian-faq debian-faq-de …`,
then `dpkg -x FILE ROOT`), or `/`. Each set is one kind of documents in one language, in the form that `owflex
evaluate --corpus` reads:

- `help-LL`: pages of the help of GNOME; the question is a page's description, which is taken out of it;
- `manual-LL`: manual pages; the question is what the section NAME says of one, and the rest is the document;
- `book-LL`: sections of books and lists of questions; the question is a section's heading, which is taken
  out;
- `code-en`: functions of Python's library; the question is the first sentence of what describes one, and the
  description is taken out.

Documents whose question is not their own (two say the same) are left without one. Always the same sets come
of the same packages.
"""

import argparse
import ast
import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lxml import etree, html

LANGUAGES = ("en", "de", "es", "fr", "ru", "zh", "ja", "ko", "hi", "tr")
# What the packages call a language, where it is not called by its code.
PLACES = {"en": ("C", "en-US", "."), "zh": ("zh_CN", "zh-CN", "zh-cn")}
# Shorter texts say too little to be found by, and shorter questions ask nothing.
LEAST_TEXT, LEAST_QUESTION = 200, 8
# Longer manual pages are cut off, and of larger sets a part is taken: embedding takes its time.
MOST_TEXT, MOST_DOCUMENTS = 10_000, 1_000
NUMBER = re.compile(r"^(?:[^\W\d]+ )?\d+(?:\.\d+)*\.?\s*|^第\s*\d+\s*章\.?\s*")
ROFF_INLINE = re.compile(r"\\f(?:\[\w*\]|\(..|.)|\\[,/&|^%]|\\s[+-]?\d")
ROFF_TEXT = re.compile(r"^\.(?:B|I|BR|BI|IR|IB|RB|RI|SM|SB|SH|SS|TP|IP|PP|P|LP|Nm|Nd)\b\s*")
NAME_AND_PURPOSE = re.compile(r"^(?P<name>[^\n]{1,80}?)\s+(?:-|–|—|\\-)+\s+(?P<purpose>.+)$", re.DOTALL)
SENTENCE = re.compile(r"(?<=\.)\s|\n\s*\n")
HELP = "{http://projectmallard.org/1.0/}"


class Labelled(NamedTuple):
    """A document with the question that it answers."""

    title: str
    text: str
    question: str


def main() -> None:
    """Write the sets that the packages at hand make."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--languages", nargs="+", default=LANGUAGES)
    options = parser.parse_args()
    for kind, read in KINDS.items():
        for language in options.languages:
            documents = usable(read(options.root, language))
            if documents:
                write(options.out / f"{kind}-{language}", documents)


def usable(documents: Iterable[Labelled]) -> list[Labelled]:
    """Those that say enough, each once; a question that several answer is taken from all of them."""
    long = {one.text: one for one in documents if len(one.text) >= LEAST_TEXT}
    asked = Counter(one.question.casefold() for one in long.values())
    few = sorted(long.values(), key=lambda one: hashlib.sha256(one.text.encode()).digest())[:MOST_DOCUMENTS]
    return [
        one
        if len(one.question) >= LEAST_QUESTION and asked[one.question.casefold()] == 1
        else one._replace(question="")
        for one in few
    ]


def write(folder: Path, documents: Sequence[Labelled]) -> None:
    """The three files of a set."""
    folder.mkdir(parents=True, exist_ok=True)
    corpus = [
        {"id": f"d{number}", "title": one.title, "text": one.text} for number, one in enumerate(documents)
    ]
    queries = [
        {"id": f"q{number}", "text": one.question, "answerable": True}
        for number, one in enumerate(documents)
        if one.question
    ]
    for name, lines in (("corpus", corpus), ("queries", queries)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    rows = "".join(f"{one['id']}\td{str(one['id'])[1:]}\t1\n" for one in queries)
    (folder / "qrels.tsv").write_text(f"query_id\tdoc_id\tscore\n{rows}", encoding="utf-8")
    print(f"{folder.name}: {len(corpus)} documents, {len(queries)} questions")


def help_pages(root: Path, language: str) -> Iterator[Labelled]:
    """Pages of the help of GNOME."""
    for place in PLACES.get(language, (language,)):
        for file in sorted((root / "usr/share/help" / place).glob("*/*.page")):
            page = etree.parse(file).getroot()
            title = spaced(page.findtext(f"{HELP}title") or "")
            described = page.find(f"{HELP}info/{HELP}desc")
            question = "" if described is None else spaced("".join(described.itertext()))
            parts = [spaced("".join(part.itertext())) for part in page.iter(f"{HELP}p", f"{HELP}title")]
            yield Labelled(title, "\n\n".join(filter(None, parts[1:])), question)


def manual_pages(root: Path, language: str) -> Iterator[Labelled]:
    """Manual pages, with the name of what they are about as their title."""
    for place in PLACES.get(language, (language,)):
        folder = root / "usr/share/man" if language == "en" else root / "usr/share/man" / place
        for file in sorted(folder.glob("man[158]/*.gz")) if place != "C" else ():
            text = plain_roff(gzip.decompress(file.read_bytes()).decode("utf-8", "replace"))
            sections = re.split(r"^\x00", text, flags=re.MULTILINE)
            name, _, said = sections[1].partition("\n") if len(sections) > 2 else ("", "", "")
            found = NAME_AND_PURPOSE.match(spaced(said))
            if name and found:
                yield Labelled(found["name"], "\n\n".join(sections[2:])[:MOST_TEXT], found["purpose"])


def plain_roff(source: str) -> str:
    """The text of a manual page; its headings begin with a null character."""
    lines: list[str] = []
    for line in source.splitlines():
        heading = line.startswith((".SH", ".Sh"))
        text = ROFF_TEXT.sub("", line.replace(".Sh", ".SH"))
        if line.startswith((".", "'")) and text == line:
            continue
        ends = line.startswith((".TP", ".IP", ".PP", ".P", ".LP", ".SS"))
        text = ROFF_INLINE.sub("", text).replace("\\-", "-").replace("\\(aq", "'").replace('"', "")
        lines.append(("\x00" if heading else "\n" if ends else "") + text.strip())
    return "\n".join(lines)


def book_sections(root: Path, language: str) -> Iterator[Labelled]:
    """Sections of books that are pages of HTML; a section's title is that of its chapter."""
    for book in ("doc/debian/FAQ", "doc/debian-handbook/html"):
        for place in PLACES.get(language, (language, f"{language}-{language.upper()}")):
            for file in sorted((root / "usr/share" / book / place).glob("*.html")):
                if not file.name.startswith("index") and (place != "." or file.name.endswith(".en.html")):
                    yield from sections_of(html.parse(str(file), html.HTMLParser(encoding="utf-8")).getroot())


def sections_of(page: html.HtmlElement) -> Iterator[Labelled]:
    """The innermost parts of a page: those that have no parts of their own."""
    chapter = NUMBER.sub("", spaced(" ".join(page.xpath("string((//title)[1])").split())))
    for section in page.xpath("//div[@class='section'][not(.//div[@class='section'])]"):
        heading = NUMBER.sub("", spaced(section.xpath("string(.//div[@class='titlepage'])")))
        for head in section.xpath("./div[@class='titlepage']"):
            head.drop_tree()
        blocks = section.xpath(".//p | .//pre | .//dt")
        text = "\n\n".join(filter(None, (spaced(block.text_content()) for block in blocks)))
        yield Labelled("" if chapter == heading else chapter, text, heading)


def functions(root: Path, language: str) -> Iterator[Labelled]:
    """Functions of Python's library, with their module as their title; they are described in English only."""
    files = root.glob("usr/lib/python3*/**/*.py") if language == "en" else ()
    for file in sorted(file for file in files if not {"test", "tests", "dist-packages"} & set(file.parts)):
        source = file.read_text(encoding="utf-8", errors="replace")
        try:
            tree = ast.parse(source)
        except SyntaxError:
            print(f"left out, as it cannot be read as Python: {file}")
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (said := ast.get_docstring(node)):
                node.body = node.body[1:] or [ast.Pass()]
                yield Labelled(file.stem, ast.unparse(node), spaced(SENTENCE.split(said)[0]))


def spaced(text: str) -> str:
    """The text in one line."""
    return " ".join(text.split())


KINDS: dict[str, Callable[[Path, str], Iterator[Labelled]]] = {
    "help": help_pages,
    "manual": manual_pages,
    "book": book_sections,
    "code": functions,
}

if __name__ == "__main__":
    main()
