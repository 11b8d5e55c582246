"""Exact search beside plain Python, its letters, and what it does with more than it has time for."""

import random
import re
from collections.abc import Sequence
from typing import Any

import pytest
import re2  # pyright: ignore[reportMissingTypeStubs]
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.documents import NewDocument, store_documents
from knowledge_base.globs import as_expression, is_glob
from knowledge_base.grams import bits_of, bits_wanted, fill_unknown_grams, one_case
from knowledge_base.grep import Grepped, Wanted, grep
from knowledge_base.patterns import compiled, required

Connection = AsyncConnection[TupleRow]

# Letters whose forms differ in length or number, letters without case, marks of patterns.
LETTERS = "aAbBcéÉßẞσςΣkK日本語_-.1 "
PLAIN = "abcé日本1_- "


async def store(connection: Connection, texts: Sequence[Sequence[str]], path: tuple[str, ...] = ()) -> None:
    """Documents of passages: `docs/0`, `docs/1` and so on."""
    await connection.execute(
        "insert into origins (collection, name, path) values ('default', 'docs', '') on conflict do nothing"
    )
    documents: list[NewDocument] = []
    for number, passages in enumerate(texts):
        chunks = tuple(Chunk(place, path, None, "", text, 10) for place, text in enumerate(passages))
        content = ChunkedDocument("", f"Title {number}", "text/plain", "00", {}, (), chunks)
        documents.append(NewDocument("default", "docs", f"docs/{number}", "test", {}, content))
    await store_documents(connection, None, documents, {})


async def all_of(connection: Connection, pattern: str, **wanted: Any) -> dict[str, dict[int, str]]:
    """The lines that match, over all pages, by source and number."""
    found: dict[str, dict[int, str]] = {}
    options = {name: wanted.pop(name) for name in ("fixed", "ignore_case") if name in wanted}
    after: int | None = 0
    while after is not None:
        page: Grepped = await grep(connection, Wanted(compiled(pattern, **options), after=after, **wanted))
        for document in page.documents:
            lines = {line.number: line.text for line in document.lines.values() if line.matches}
            assert found.setdefault(document.source, {}).keys().isdisjoint(lines)
            found[document.source] |= lines
        after = page.next_after
    return found


def made_pattern(rng: random.Random, *, classes: bool) -> str:
    """A pattern that Python and RE2 read alike."""
    items = [
        *PLAIN,
        r"\.",
        r"\-",
        "[ab1]",
        "[^a]",
        ".",
        "(?:ab|c)",
        "(b)",
        *([r"\d", r"\w", r"\b"] * classes),
    ]
    made = ""
    for _ in range(rng.randint(1, 6)):
        item = rng.choice(items)
        made += item + ("" if item == r"\b" else rng.choice(["", "", "", "", "+", "*", "?", "{2}", "{0,1}"]))
    return (
        rng.choice(["", "", "^"]) + made + rng.choice(["", "", "$", "|" + rng.choice(["abc", "日本", "x"])])
    )


async def test_every_line_that_python_finds_is_found_and_no_other(connection: Connection) -> None:
    rng = random.Random(7)  # noqa: S311

    def text(most: int) -> str:
        return "".join(rng.choice(LETTERS) for _ in range(rng.randint(0, most)))

    texts = [
        ["\n".join(text(12) for _ in range(rng.randint(1, 4))) for _ in range(rng.randint(1, 4))]
        for _ in range(40)
    ]
    await store(connection, texts)
    lines = {f"docs/{number}": "\n\n".join(passages).split("\n") for number, passages in enumerate(texts)}
    for _ in range(150):
        ignore_case, fixed = rng.random() < 0.5, rng.random() < 0.2
        pattern = (text(4) or "a") if fixed else made_pattern(rng, classes=not ignore_case)
        flags = re.IGNORECASE if ignore_case else re.ASCII
        oracle = re.compile(re.escape(pattern) if fixed else pattern, flags)
        expected = {
            source: {number: line for number, line in enumerate(of_it, 1) if oracle.search(line)}
            for source, of_it in lines.items()
        }
        found = await all_of(
            connection, pattern, fixed=fixed, ignore_case=ignore_case, context=rng.choice([0, 2]), limit=30
        )
        assert found == {source: of_it for source, of_it in expected.items() if of_it}, (pattern, ignore_case)


def test_all_forms_of_a_letter_have_the_same_bits() -> None:
    letters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    cased = [letter for letter in letters if len({letter, letter.lower(), letter.upper()}) > 1]
    together = "".join(cased)
    library: Any = re2
    options = library.Options()
    options.case_sensitive = False
    for letter in cased:
        same = library.compile(library.escape(letter), options).findall(together)
        assert {one_case(one) for one in same} == {one_case(letter)}


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("abc", [["abc"]]),
        ("ab+c", [["ab", "c"]]),
        ("abc*d", [["ab", "d"]]),
        ("ab{0,3}c", [["a", "c"]]),
        ("ab{2,}c", [["ab", "c"]]),
        (r"E-5\d+ x\.y", [["E-5", " x.y"]]),
        ("foo|bar.baz", [["foo"], ["bar", "baz"]]),
        ("(foo|bar)qux", [["qux"]]),
        (r"a(b[)\]]c\))d", [["a", "d"]]),
        ("x[^]a]y[[:alpha:]]]z", [["x", "y", "]z"]]),
        ("{x}", [["{x}"]]),
        ("foo|", None),
        ("(foo)", None),
        (r"\d+", None),
        (r"\Qa.b\E", None),
        (r"\x41bc", None),
        (r"\pLabc", None),
        ("|".join("abcdefghijklmnopqrstuvwxyz"), None),
    ],
)
def test_what_a_pattern_needs_is_read_from_it(pattern: str, texts: list[list[str]] | None) -> None:
    assert required(pattern) == texts
    compiled(pattern)


def test_bits_say_what_may_be_in_a_text() -> None:
    [bits] = bits_of(["The owl hoots at NIGHT."])

    def may_have(*texts: str) -> bool:
        [wanted] = bits_wanted([texts])
        return all(bits[bit // 8] >> bit % 8 & 1 for bit in wanted)

    assert may_have("owl", "night")
    assert may_have("The owl hoots at night.")
    assert not may_have("badger")
    assert bits_wanted([["ow"]]) == bits_wanted([["owl"], ["ow"]]) == bits_wanted(None) == []
    assert bits_of(["", "a", "日"])[0] == bytes(256) == bits_of(["a"])[0]
    assert bits_of(["日"])[0] != bytes(256)
    assert bits_of(["ab", "cd"]) == [bytes(256), bytes(256)]


async def test_passages_of_an_earlier_release_are_found_before_and_after_their_letters_are_known(
    connection: Connection,
) -> None:
    await store(connection, [["an owl"], ["a badger"]], ("Night", "Birds"))
    await connection.execute("update passage_grams set bits = null")
    expected = {"docs/0": {5: "an owl"}}
    assert await all_of(connection, "owl") == expected
    assert await fill_unknown_grams(connection) == 2
    assert await fill_unknown_grams(connection) == 0
    assert await all_of(connection, "owl") == expected
    assert await all_of(connection, "^### birds$", ignore_case=True) == {
        "docs/0": {3: "### Birds"},
        "docs/1": {3: "### Birds"},
    }


async def test_without_time_a_part_is_searched_and_said(connection: Connection) -> None:
    await store(connection, [[f"owl {number}"] for number in range(150)])
    first = await grep(connection, Wanted(compiled("owl 149"), seconds=-1))
    assert (first.documents, first.stopped) == ([], None) or first.stopped is not None
    slow = await grep(connection, Wanted(compiled(r"^\w+ [1]49"), seconds=-1))
    assert slow.stopped is not None
    assert (slow.stopped.searched, slow.stopped.passages) == (100, 150)
    assert await all_of(connection, r"^\w+ [1]49", seconds=-1) == {"docs/149": {1: "owl 149"}}


async def test_long_lines_are_cut_around_what_matches(connection: Connection) -> None:
    await store(connection, [["x" * 3000 + "needle" + "y" * 3000]])
    [found] = (await all_of(connection, "needle"))["docs/0"].values()
    assert "needle" in found
    assert found.startswith("…x")
    assert found.endswith("y…")
    assert len(found) < 450


@pytest.mark.parametrize(
    ("glob", "place", "fits"),
    [
        ("*.md", "docs/a/b.md", True),
        ("*.md", "docs/b.mdx", False),
        ("docs/*.md", "docs/b.md", True),
        ("docs/*.md", "docs/a/b.md", False),
        ("docs/**/*.md", "docs/b.md", True),
        ("docs/**/*.md", "docs/a/c/b.md", True),
        ("docs/**", "docs/a/c", True),
        ("**/a/*", "a/b", True),
        ("**/a/*", "x/a/b", True),
        ("do?s/b", "docs/b", True),
        ("do?s/b", "do/s/b", False),
        ("docs/[a-c].md", "docs/b.md", True),
        ("docs/[!a-c].md", "docs/b.md", False),
        ("docs/[z-a].md", "docs/-.md", True),
        ("docs/[.md", "docs/[.md", True),
        (r"docs/[\d].md", r"docs/\.md", True),
        (r"docs/[\d].md", "docs/1.md", False),
        ("docs/[[:alpha:]].md", "docs/a].md", True),
        ("***:*", "x***:y", True),
        ("(?i)*", "(?i)a", True),
        ("日*.md", "docs/日本.md", True),
        ("a*{2}+", "abb{2}+", True),
    ],
)
async def test_globs(connection: Connection, glob: str, place: str, fits: bool) -> None:
    assert is_glob(glob)
    rows = await connection.execute("select %s::text ~ %s::text", (place, as_expression(glob)))
    assert await rows.fetchone() == (fits,)
