"""Citation marks in text, whole and in pieces."""

import random

import pytest

from agent_service.turn.citations import Mark, MarkScanner


def scan(*pieces: str, known: tuple[int, ...] = (12, 15)) -> list[str | Mark]:
    """What the scanner finds, neighbouring texts joined."""
    scanner = MarkScanner(set(known))
    found = [part for piece in pieces for part in scanner.feed(piece)] + scanner.finish()
    joined: list[str | Mark] = []
    for part in found:
        if joined and isinstance(part, str) and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return joined


TEXTS: list[tuple[str, list[str | Mark]]] = [
    ("No marks here.", ["No marks here."]),
    ("", []),
    ("25 days. [[12]] More.", ["25 days.", Mark((12,)), " More."]),
    ("25 days [[12]].", ["25 days", Mark((12,)), "."]),
    ("25 days.[[12]][[15]]", ["25 days.", Mark((12,)), Mark((15,))]),
    ("25 days. [[12]] [[15]]", ["25 days.", Mark((12,)), Mark((15,))]),
    ("Both. [[12, 15]]", ["Both.", Mark((12, 15))]),
    ("Both. [[ 12;15 ]]", ["Both.", Mark((12, 15))]),
    ("Named. [[chunk_12]] [[chunk_id: 15]]", ["Named.", Mark((12,)), Mark((15,))]),
    ("Unknown ones are marks too. [[99]]", ["Unknown ones are marks too.", Mark((99,))]),
    ("[[12]] first", [Mark((12,)), " first"]),
    ("A [[wiki link]], [[]], [x], [[12] and [[12.", ["A [[wiki link]], [[]], [x], [[12] and [[12."]),
    ("Line one\n[[12]]", ["Line one\n", Mark((12,))]),
    ("trailing spaces   ", ["trailing spaces   "]),
    ("half [", ["half ["]),
    ("In code:\n```python\nx = [[1, 2], [3, 4]]\ny = [[12]]\n```\nDone. [[12]]",
     ["In code:\n```python\nx = [[1, 2], [3, 4]]\ny = [[12]]\n```\nDone.", Mark((12,))]),
    ("~~~\n[[12]]\n~~~\n[[12]]", ["~~~\n[[12]]\n~~~\n", Mark((12,))]),
    ("> ```\n> [[12]]\n> ```\n>\n> [[12]]", ["> ```\n> [[12]]\n> ```\n>\n>", Mark((12,))]),
    ("```\ncode\n``` [[12]]\nmore", ["```\ncode\n```\n", Mark((12,)), "\nmore"]),
    ("````\n```\n[[12]]\n````\n[[12]]", ["````\n```\n[[12]]\n````\n", Mark((12,))]),
    ("Inline `[[1, 2]]` stays.", ["Inline `[[1, 2]]` stays."]),
    ("An odd ` and a mark [[12]]", ["An odd ` and a mark", Mark((12,))]),
    ("Emoji 🙂 [[12]]", ["Emoji 🙂", Mark((12,))]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), TEXTS)
def test_marks_are_told_from_text(text: str, found: list[str | Mark]) -> None:
    assert scan(text) == found


@pytest.mark.parametrize(("text", "found"), TEXTS)
def test_pieces_of_any_size_give_the_same_result(text: str, found: list[str | Mark]) -> None:
    assert scan(*text) == found
    chance = random.Random(7)  # noqa: S311
    for _ in range(20):
        cuts = sorted(chance.randint(0, len(text)) for _ in range(4))
        assert scan(*(text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True))) == found


def test_text_is_held_back_only_where_a_mark_may_begin() -> None:
    scanner = MarkScanner({12})
    assert scanner.feed("A sentence. ") == ["A sentence."]
    assert scanner.feed("[[1") == []
    assert scanner.feed("2]") == []
    assert scanner.feed("] And") == [Mark((12,)), " And"]
    assert scanner.feed(" [[not a mark!") == [" [[not a mark!"]
    assert scanner.finish() == []


def test_long_runs_of_spaces_and_brackets_cost_no_time() -> None:
    hostile = " " * 50_000 + "[" * 50_000 + "[[1," * 5_000
    assert "".join(part for part in scan(hostile) if isinstance(part, str)) == hostile
