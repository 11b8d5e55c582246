"""`owflex evaluate answers`: conversations are read, and answers graded by what they hold."""

from pathlib import Path

import pytest

from owflex.evaluation.answer_file import ExpectedTurn, read_conversations
from owflex.evaluation.answer_grading import Given, grade
from owflex.evaluation.errors import BadFileError

GOOD = '{"id": "leave", "turns": [{"say": "How much leave?", "facts": ["25 days", ["March", "spring"]]}]}'
TURN = ExpectedTurn(say="How much leave?", facts=("25 days", ("March", "spring")), sources=("leave.md",))
SAID = "This is what the documents say:\n\n> You have **25 days**, until the spring."


def written(folder: Path, text: str) -> Path:
    path = folder / "conversations.jsonl"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_conversation_is_english_and_expects_an_answer_unless_it_says_otherwise(tmp_path: Path) -> None:
    (one,) = read_conversations(written(tmp_path, GOOD))
    assert (one.language, one.tasks, one.turns[0].expect) == ("en", False, "answer")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "There is no conversation"),
        ('{"id": "a"}', "turns"),
        ('{"id": "a", "turns": []}', "turns"),
        ('{"id": "a", "turns": [{"say": "x", "expect": "sing"}]}', "expect"),
        ('{"id": "a", "turns": [{"say": "x", "fact": ["y"]}]}', "fact"),
        (f"{GOOD}\n{GOOD}", "appears twice"),
        ("no json", "not JSON"),
    ],
)
def test_a_file_that_cannot_be_asked_names_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadFileError, match=said):
        read_conversations(written(tmp_path, text))


def test_an_answer_with_all_facts_and_a_source_is_right() -> None:
    assert grade(TURN, Given(SAID, sources=["docs/leave.md"]), "en").grade == "right"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Given(SAID, sources=["docs/other.md"]), "partly"),
        (Given("You have 25 days.", sources=["leave.md"]), "partly"),
        (Given("You have a lot of it.", sources=["leave.md"]), "wrong"),
        (Given("I found nothing about this."), "refused"),
        (Given("Das steht in den Dokumenten:\n\n> 25 days, March", sources=["leave.md"]), "partly"),
        (Given(""), "wrong"),
    ],
)
def test_what_is_missing_makes_an_answer_less_than_right(given: Given, expected: str) -> None:
    assert grade(TURN, given, "en").grade == expected


def test_what_must_not_be_said_is_wrong() -> None:
    turn = TURN.model_copy(update={"without": ("similarity",)})
    assert grade(turn, Given(f"{SAID} Similarity 0.2", sources=["leave.md"]), "en").grade == "wrong"


def test_a_refusal_cites_nothing_and_a_question_back_asks() -> None:
    refuse, ask = ExpectedTurn(say="x", expect="refuse"), ExpectedTurn(say="x", expect="ask_back")
    assert grade(refuse, Given("It is not there."), "en").grade == "right"
    assert grade(refuse, Given("It is.", sources=["a.md"]), "en").grade == "wrong"
    assert grade(ask, Given("What is it about?"), "en").grade == "right"
    assert grade(ask, Given("I see."), "en").grade == "partly"


def test_the_words_of_cards_count() -> None:
    turn = ExpectedTurn(say="my tasks", expect="task", facts=("Buy milk",))
    assert (
        grade(turn, Given("You have 5 open tasks.", cards=["Buy milk Due 2026-12-01"]), "en").grade == "right"
    )
