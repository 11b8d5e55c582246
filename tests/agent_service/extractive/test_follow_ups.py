"""Which questions are follow-ups, and the words they take along."""

import pytest

from agent_service.models.extractive import follow_ups
from agent_service.models.extractive.follow_ups import MAX_WORDS
from agent_service.models.extractive.language import language_of


def is_follow_up(question: str) -> bool:
    return follow_ups.is_follow_up(question, language_of(question, (), "en"))


def needs_the_one_before(question: str) -> bool:
    return follow_ups.needs_the_one_before(question, language_of(question, (), "en"))


def carried_over(question: str, earlier: list[str]) -> str | None:
    return follow_ups.carried_over(question, earlier, language_of(question, earlier, "en"))


@pytest.mark.parametrize(
    "question",
    [
        "and what about sick leave?",
        "how long?",
        "Why is that?",
        "what about the second one?",
        "How about part-timers",
        "Und im Krankenstand?",
        "Wie lange?",
        "Was ist mit Teilzeit?",
        "How do I configure it for production?",
        "who approves them?",
        "in Germany?",
        "more",
    ],
)
def test_a_question_that_leans_on_the_one_before_is_a_follow_up(question: str) -> None:
    assert is_follow_up(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many days of annual leave do I have?",
        "What is OAuth?",
        "Who is Ada Lovelace?",
        "What is the capital of Mongolia?",
        "Why does the pump controller reject negative pressure readings?",
        "How do I install the pump controller and calibrate it?",
        "有給休暇は何日ですか",
        "?",
        "",
    ],
)
def test_a_question_that_names_its_subject_is_none(question: str) -> None:
    assert not is_follow_up(question)
    assert carried_over(question, ["How many days of annual leave are there?"]) is None


@pytest.mark.parametrize(
    "question",
    [
        "how do I enable it?",
        "How do I enable it in production?",
        "What does that mean?",
        "who approves them?",
        "and what about sick leave?",
        "What about part-timers?",
        "Wie aktiviere ich das?",
        "Und im Krankenstand?",
        "in Kubernetes too?",
        "same for headers?",
        "In Docker auch?",
        "Et dans Docker ?",
    ],
)
def test_wording_that_points_back_needs_the_question_before(question: str) -> None:
    assert needs_the_one_before(question)


@pytest.mark.parametrize(
    "question",
    [
        "Is there a canteen?",
        "Gibt es Parkplätze?",
        "Wo ist das Büro?",
        "how long?",
        "What is OAuth?",
        "Does the pump controller log it when pressure readings are negative?",
    ],
)
def test_a_question_that_may_stand_alone_does_not_need_the_one_before(question: str) -> None:
    assert not needs_the_one_before(question)


def test_a_verb_and_a_pronoun_take_the_subject_along() -> None:
    assert carried_over("how do I enable it?", ["What is HNSW in OwFlex?"]) == "how enable HNSW OwFlex"


def test_its_own_words_come_first_and_none_twice() -> None:
    assert carried_over("and what about sick leave?", ["How many days of annual leave are there?"]) == (
        "sick leave days annual"
    )


def test_the_subject_is_found_behind_follow_ups_and_not_behind_a_complete_question() -> None:
    earlier = ["and in Germany?", "What is OAuth?", "How many days of annual leave are there?"]
    assert carried_over("why?", earlier) == "why Germany OAuth"
    assert carried_over("why?", ["how long?", *earlier[2:]]) == "why days annual leave"


def test_a_query_does_not_grow_without_end() -> None:
    long = " ".join(f"word{number}" for number in range(40))
    query = carried_over("why is that?", [long])
    assert query is not None
    assert len(query.split()) == MAX_WORDS


def test_nothing_to_carry_over_is_no_query() -> None:
    assert carried_over("why?", []) is None
    assert carried_over("why?", ["and that?"]) is None


@pytest.mark.parametrize(
    ("questions", "searched"),
    [
        (["how do I deploy with workers?", "and in Docker?"], "Docker deploy workers"),
        (["¿Cómo despliego con workers?", "¿y en Docker?"], "Docker despliego workers"),
        (["how do I deploy with workers?", "What is OAuth?"], "What is OAuth?"),
        (["and in Docker?"], "and in Docker?"),
    ],
)
def test_what_the_chat_searches_by_itself_carries_over_what_is_meant(
    questions: list[str], searched: str
) -> None:
    assert follow_ups.as_searched(questions) == searched
