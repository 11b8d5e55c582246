"""Chunks: within the model's limit, along the structure, nothing lost."""

import random
import re

import pytest

from ingest.reading.chunking import chunk
from knowledge_base.embedding import SentenceTransformerEmbedder
from parsing import parse
from parsing.document import Block, ParsedDocument

LIMIT = 250
WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda"]


def by_words(text: str) -> int:
    """A tokenizer whose tokens are words, and the two special ones."""
    return len(text.split()) + 2


def some_document(seed: int) -> ParsedDocument:
    """A document of every kind of block; each word is unique, so that a lost one is noticed."""
    rng = random.Random(seed)  # noqa: S311
    counter = iter(range(10**9))

    def words(count: int) -> str:
        return " ".join(
            f"{rng.choice(WORDS)}{next(counter)}" + rng.choice(["", "", "", "."]) for _ in range(count)
        )

    parts = ["# Title of it all"]
    for _ in range(30):
        size = rng.choice([3, 20, 60, 400])
        match rng.randrange(5):
            case 0:
                parts.append(f"{'#' * rng.randint(2, 4)} {words(rng.randint(1, 12))}")
            case 1:
                parts.append("```\n" + "\n".join(words(8) for _ in range(size // 8 + 1)) + "\n```")
            case 2:
                parts.append(
                    "| a | b |\n|---|---|\n"
                    + "\n".join(f"| {words(3)} | {words(3)} |" for _ in range(size // 6 + 1))
                )
            case 3:
                parts.append("\n".join(f"- {words(6)}" for _ in range(size // 6 + 1)))
            case _:
                parts.append(words(size))
    return parse("text/markdown", "\n\n".join(parts).encode(), "a.md")


@pytest.mark.parametrize("seed", range(12))
def test_no_word_is_lost_and_nothing_overlaps(seed: int) -> None:
    document = some_document(seed)
    chunks = chunk(document, by_words, max_tokens=LIMIT)
    wanted = re.findall(r"\w+\d+", " ".join(block.text for block in document.blocks))
    found = re.findall(
        r"\w+\d+", " ".join(re.sub(r"^\*\*.*\*\*$", "", part.content, flags=re.M) for part in chunks)
    )
    assert found == wanted
    assert [part.position for part in chunks] == list(range(len(chunks)))


@pytest.mark.parametrize("seed", range(4))
def test_a_chunk_with_its_title_and_headings_is_within_the_models_limit(
    seed: int, embedder: SentenceTransformerEmbedder
) -> None:
    document = some_document(seed)
    for part in chunk(document, embedder.count_tokens, max_tokens=LIMIT):
        assert embedder.count_tokens(part.embedded_text) <= 256
        assert part.content.strip()


def by_letters(text: str) -> int:
    """A tokenizer whose tokens are letters, as they are for Chinese."""
    return len(text) + 2


RULE = "第{}条规定员工在第{}个工作日之前必须提交申请表，并且由部门主管“签字确认”。"


def test_chinese_is_cut_after_sentences_and_gets_no_spaces() -> None:
    text = "".join(RULE.format(number, number) for number in range(60))
    parts = chunk(parse("text/plain", text.encode(), "a.txt"), by_letters, max_tokens=LIMIT)
    assert len(parts) > 5
    assert all(part.content.endswith("。") for part in parts)
    assert "".join(part.content for part in parts) == text


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        (["员工", "在", "办公室", "提交", "文件"], ""),
        (["訪問者", "は", "北門", "に", "駐車", "する", "！」"], "！」"),
        (["ผู้", "เยี่ยม", "ชม", "จอด", "รถ", "ที่", "ชั้น", "สอง"], ""),
        (["អ្នកទស្សនា", "ចត", "រថយន្ត", "នៅ", "ជាន់", "ទី", "ពីរ"], ""),
        (["ຜູ້", "ມາ", "ຢ້ຽມຢາມ", "ຈອດ", "ລົດ", "ຢູ່", "ຊັ້ນ"], ""),
    ],
)
def test_a_sentence_without_spaces_is_cut_between_its_words(words: list[str], ends: str) -> None:
    text = "".join(words) * 60
    parts = [
        part.content for part in chunk(ParsedDocument("T", (Block(text),)), by_letters, max_tokens=LIMIT)
    ]
    assert len(parts) > 2
    assert "".join(parts) == text
    starts = tuple("".join(words[place:]) for place in range(len(words)))
    assert all(part.startswith(starts) for part in parts)
    assert all(part.endswith(ends) for part in parts)


def test_words_without_spaces_are_measured_together() -> None:
    """Each by itself is a token or more; many a tokenizer makes one of several."""
    text = "".join(["ผู้", "เยี่ยม", "ชม", "จอด", "รถ", "ที่", "ชั้น", "สอง"]) * 200
    parts = chunk(
        ParsedDocument("T", (Block(text),)), lambda words: -(-len(words) // 8) + 2, max_tokens=LIMIT
    )
    assert "".join(part.content for part in parts) == text
    assert all(part.token_count > LIMIT * 0.9 for part in parts[:-1])


@pytest.mark.parametrize("letter", ["g\u0308\u0301", "👩🏽\u200d🔧", "한"])
def test_no_cut_goes_through_a_letter(letter: str) -> None:
    text = letter * 300
    parts = [
        part.content for part in chunk(ParsedDocument("T", (Block(text),)), by_letters, max_tokens=LIMIT)
    ]
    assert len(parts) > 1
    assert "".join(parts) == text
    assert all(len(part) % len(letter) == 0 and part.startswith(letter) for part in parts)


def test_the_same_document_gives_the_same_chunks() -> None:
    assert chunk(some_document(1), by_words, max_tokens=LIMIT) == chunk(
        some_document(1), by_words, max_tokens=LIMIT
    )


def test_sections_stay_apart_when_each_says_enough() -> None:
    blocks = (Block("one " * 100, heading_path=("A",)), Block("two " * 100, heading_path=("B",)))
    chunks = chunk(ParsedDocument("T", blocks), by_words, max_tokens=LIMIT)
    assert [part.heading_path for part in chunks] == [("A",), ("B",)]


def test_small_sections_of_one_parent_are_joined_and_name_their_headings() -> None:
    blocks = (Block("first", heading_path=("P", "A")), Block("second", heading_path=("P", "B")))
    (only,) = chunk(ParsedDocument("T", blocks), by_words, max_tokens=LIMIT)
    assert only.heading_path == ("P",)
    assert only.content == "**A**\n\nfirst\n\n**B**\n\nsecond"


def test_passages_of_two_pages_are_never_joined() -> None:
    blocks = (Block("first", page=1), Block("second", page=2))
    assert [part.page for part in chunk(ParsedDocument("T", blocks), by_words, max_tokens=LIMIT)] == [1, 2]


def test_large_code_is_cut_between_lines_and_every_part_is_code() -> None:
    code = "```python\n" + "\n".join(f"line_{number} = {number}" for number in range(200)) + "\n```"
    chunks = chunk(ParsedDocument("T", (Block(code, "code"),)), by_words, max_tokens=LIMIT)
    assert len(chunks) > 1
    for part in chunks:
        assert part.content.startswith("```python\n")
        assert part.content.endswith("\n```")


def test_a_large_table_repeats_its_header() -> None:
    rows = "\n".join(f"| {number} | x |" for number in range(200))
    chunks = chunk(
        ParsedDocument("T", (Block(f"| a | b |\n|---|---|\n{rows}", "table"),)), by_words, max_tokens=LIMIT
    )
    assert len(chunks) > 1
    assert all(part.content.startswith("| a | b |\n|---|---|\n| ") for part in chunks)


def test_a_part_of_a_large_table_names_the_group_it_goes_on_with() -> None:
    groups = [
        line
        for group in ("North", "South")
        for line in (f"| {group} | {group} |", *(f"| The {group} pump {row} | {row} |" for row in range(60)))
    ]
    table = "\n".join(["| Pump | Number |", "| --- | --- |", *groups])
    parts = [
        part.content.split("\n")
        for part in chunk(ParsedDocument("T", (Block(table, "table"),)), by_words, max_tokens=LIMIT)
    ]
    assert len(parts) > 4
    assert {part[0] for part in parts} == {"| Pump | Number |"}
    for part in parts:
        group = ""
        for line in part[2:]:
            group = line.split()[1] if " The " not in line else group
            assert f"| {group} |" in line or f" {group} " in line
    assert [line for part in parts for line in part[2:] if " The " in line] == [
        g for g in groups if " The " in g
    ]


def test_a_table_in_which_cells_are_missing_repeats_no_rows() -> None:
    rows = [f"| Pump {row} of the works |  |" for row in range(60)]
    table = "\n".join(["| Pump | Number |", "| --- | --- |", *rows])
    parts = chunk(ParsedDocument("T", (Block(table, "table"),)), by_words, max_tokens=LIMIT)
    assert [line for part in parts for line in part.content.split("\n")[2:]] == rows


def test_code_in_a_large_list_is_whole_or_closed_and_opened_again() -> None:
    code = "\n\n".join(f"    line_{number} = {number} and more words" for number in range(120))
    listed = Block(f"1. First:\n\n    ```python\n{code}\n    ```\n\n2. Then stop.", "list")
    chunks = chunk(ParsedDocument("T", (listed,)), by_words, max_tokens=LIMIT)
    assert len(chunks) > 2
    for part in chunks:
        assert part.content.count("```") % 2 == 0
        assert part.token_count <= LIMIT
    assert all(part.content.startswith("```python\n") for part in chunks[1:])
    assert re.findall(r"line_\d+", " ".join(part.content for part in chunks)) == [
        f"line_{number}" for number in range(120)
    ]


def test_a_part_of_a_list_is_never_indented_so_far_that_it_reads_as_code() -> None:
    listed = Block("- top\n" + "\n".join(f"    - item {number} of it" for number in range(300)), "list")
    for part in chunk(ParsedDocument("T", (listed,)), by_words, max_tokens=LIMIT):
        assert part.content.startswith("- ")


@pytest.mark.parametrize("announcement", ["For example:", "**Tip: Good to know**"])
def test_a_line_that_announces_what_follows_stays_with_it(announcement: str) -> None:
    blocks = (Block("word " * 200), Block(announcement), Block("next " * 100))
    first, second = chunk(ParsedDocument("T", blocks), by_words, max_tokens=LIMIT)
    assert first.content == "word " * 200
    assert second.content == f"{announcement}\n\n" + "next " * 100


def test_a_line_that_announces_nothing_more_ends_its_chunk() -> None:
    blocks = (Block("word " * 200), Block("It ends:"))
    (only,) = chunk(ParsedDocument("T", blocks), by_words, max_tokens=LIMIT)
    assert only.content.endswith("It ends:")


def test_a_very_long_title_and_headings_leave_room_for_the_text(
    embedder: SentenceTransformerEmbedder,
) -> None:
    block = Block("some text " * 300, heading_path=("heading " * 100, "another " * 100))
    document = ParsedDocument("title " * 200, (block,))
    chunks = chunk(document, embedder.count_tokens, max_tokens=LIMIT)
    assert max(part.token_count for part in chunks) > 100
    assert max(embedder.count_tokens(part.embedded_text) for part in chunks) <= 256


@pytest.mark.parametrize("text", ["x" * 1_000_000, "漢字" * 20_000, "word " * 50_000])
def test_a_huge_line_is_cut_into_bounded_parts(text: str, embedder: SentenceTransformerEmbedder) -> None:
    chunks = chunk(ParsedDocument("T", (Block(text),)), embedder.count_tokens, max_tokens=LIMIT)
    assert "".join("".join(part.content.split()) for part in chunks) == "".join(text.split())
    assert max(len(part.content) for part in chunks) <= 8 * LIMIT
    assert max(part.token_count for part in chunks) <= LIMIT


def test_a_huge_line_is_counted_piece_by_piece_and_each_only_a_few_times() -> None:
    counted: list[int] = []

    def count(text: str) -> int:
        counted.append(len(text))
        return by_words(text)

    text = " ".join(f"word{number}" for number in range(100_000))
    chunk(ParsedDocument("T", (Block(text),)), count, max_tokens=LIMIT)
    assert sum(counted) < 4 * len(text)
    assert max(counted) <= 8 * LIMIT


def test_addresses_of_links_are_quoted_but_not_embedded_and_take_little_room() -> None:
    link = "the form (https://intranet.example.org/forms/travel(v7)?a=1)"
    (alone,) = chunk(ParsedDocument("T", (Block(f"See {link}."),)), by_words, max_tokens=LIMIT)
    assert alone.content == f"See {link}."
    assert alone.embedded_text == "T\nSee the form."
    with_links = chunk(ParsedDocument("T", (Block(f"{link} " * 500),)), by_words, max_tokens=LIMIT)
    without = chunk(ParsedDocument("T", (Block("the form " * 500),)), by_words, max_tokens=LIMIT)
    assert len(with_links) <= len(without) * 1.5
    assert max(len(part.content) for part in with_links) < 20_000


def test_what_is_only_addresses_is_bounded_too() -> None:
    text = " ".join(f"(https://x.example/{'y' * 90}{number})" for number in range(2_000))
    chunks = chunk(ParsedDocument("T", (Block(text),)), by_words, max_tokens=LIMIT)
    assert " ".join(part.content for part in chunks).split() == text.split()
    assert max(len(part.content) for part in chunks) < 40_000
