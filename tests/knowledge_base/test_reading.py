"""Copies go, neighbours become one."""

from dataclasses import replace

import pytest

from knowledge_base.hit_merging import with_neighbours_joined, without_copies
from knowledge_base.hits import Hit

TEXT = "The rear flap of the printer opens to the left when the green lever is pressed."
HIT = Hit(1, 1, "T", "a.md", ["H"], None, 0, TEXT, 20, 0.5, False, 0.5, 0.5, 1, 1, ["flap"], 0.9)


def hit(chunk_id: int, document_id: int, position: int, content: str, *path: str) -> Hit:
    return replace(
        HIT,
        chunk_id=chunk_id,
        document_id=document_id,
        position=position,
        content=content,
        heading_path=list(path),
    )


def test_a_copy_in_another_document_is_left_out_and_a_repetition_in_the_same_one_stays() -> None:
    found = [
        hit(1, 1, 0, TEXT),
        hit(2, 2, 0, TEXT.upper()),
        hit(3, 1, 4, TEXT),
        hit(4, 3, 0, "Something else."),
    ]
    assert [one.chunk_id for one in without_copies(found, 9)] == [1, 3, 4]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It costs 5 euros.", "It costs 6 euros."),
        ("It costs 5 euros.", "It costs -5 euros."),
        ("Norway collected 39 medals in 2018.", "U.S. collected 39 medals in 2018."),
        ("It must be closed.", "It must not be closed."),
        ("Es ist nicht offen.", "Es ist nie offen."),
        ("Mind the door on Monday.", "Mind the door on Friday."),
        ("Anna reports to Bernd.", "Bernd reports to Anna."),
        ("Press the red button.", "Press the green button."),
    ],
)
def test_another_name_number_date_or_negation_is_another_statement(one: str, other: str) -> None:
    found = [hit(1, 1, 0, f"{TEXT * 9} {one}"), hit(2, 2, 0, f"{TEXT * 9} {other}")]
    assert without_copies(found, 9) == found


@pytest.mark.parametrize("copy", [f"* {TEXT}", f"**{TEXT}**", TEXT.replace(" ", "\n"), f"“{TEXT.lower()}”"])
def test_marks_case_and_spaces_make_no_other_statement(copy: str) -> None:
    assert without_copies([hit(1, 1, 0, TEXT), hit(2, 2, 0, copy)], 9) == [hit(1, 1, 0, TEXT)]


def test_neighbours_are_read_as_one_in_their_order_where_the_best_one_stood() -> None:
    found = [
        hit(5, 9, 0, "Other."),
        hit(2, 1, 3, "Second.", "B"),
        hit(1, 1, 2, "First.", "A"),
        hit(7, 1, 8, "Far."),
        hit(3, 1, 4, "Third.", "B"),
    ]
    joined = with_neighbours_joined(found)
    assert [one.chunk_id for one in joined] == [5, 2, 7]
    assert joined[1].content == "**A**\n\nFirst.\n\n**B**\n\nSecond.\n\nThird."
    assert (joined[1].position, joined[1].token_count) == (2, 60)


def test_nothing_becomes_nothing() -> None:
    assert without_copies([], 9) == with_neighbours_joined([]) == []
