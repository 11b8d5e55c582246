"""The built-in model knows when the answer is not there, and what a follow-up speaks of."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Chat, FakeKnowledge, OpenChat

LEAVE = "How many days of annual leave do I have?"


@pytest.fixture
async def chat(open_chat: "OpenChat") -> "Chat":
    return await open_chat("extractive")


async def test_passages_beside_the_point_are_not_quoted_and_the_closest_document_is_named(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.confidence = 0.08
    knowledge.passages[0]["title"] = "Rules [[12]] of\n*leave*"
    answer = await chat.say("Who won the annual chess game?")
    assert "only passages that are probably beside the point" in answer.text
    assert "The closest document is “Rules \\[\\[12\\]\\] of \\*leave\\*”." in answer.text
    assert ">" not in answer.text
    assert answer.annotations == []
    assert len(knowledge.queries) == 1


MISSING = {"chunks": 40, "mode": "hybrid", "missing": ["*enterprise*"]}


async def test_where_only_something_alike_is_there_it_says_of_what_and_what_is_missing(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.searched = MISSING
    knowledge.confidence = 0.08
    answer = await chat.say("How much leave has the enterprise?")
    assert "nothing about “\\*enterprise\\*” in your documents" in answer.text
    assert "The closest they come is “Handbook › Leave”" in answer.text
    assert ">" not in answer.text
    knowledge.confidence = 0.3
    answer = await chat.say(LEAVE)
    assert answer.text.startswith("Your documents do speak of “Handbook › Leave”, but these passages do not")
    assert "> Everybody has 25 days of annual leave." in answer.text
    knowledge.confidence = 0.9
    assert "do not mention" not in (await chat.say(LEAVE)).text


async def test_an_uncertain_answer_begins_with_one_sentence_of_doubt(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.confidence = 0.25
    answer = await chat.say(LEAVE)
    assert answer.text.startswith("I am not sure that this answers your question;")
    assert "> Everybody has 25 days of annual leave." in answer.text
    assert len(answer.annotations) == 1


async def test_a_certain_answer_has_no_doubt_in_it(chat: "Chat", knowledge: "FakeKnowledge") -> None:
    knowledge.confidence = 0.4
    assert (await chat.say(LEAVE)).text.startswith("This is what the documents say:")


async def test_a_server_without_confidence_is_quoted_without_doubt(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.confidence = None
    assert (await chat.say(LEAVE)).text.startswith("This is what the documents say:")


async def test_a_passage_found_by_its_words_is_quoted_however_faint_its_similarity(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.passages.clear()
    knowledge.add_passage("The alarm code E-4711 means that the pump runs dry.", chunk_id=3, similarity=0.1)
    assert "> The alarm code E-4711" in (await chat.say("What does alarm E-4711 mean?")).text


async def test_a_probable_answer_in_another_language_is_quoted(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.passages.clear()
    knowledge.add_passage("Everybody has 25 days off in a year.", chunk_id=3, similarity=0.45)
    assert "> Everybody has 25 days off" in (await chat.say("Wie viel Urlaub bekommen Angestellte?")).text


async def test_a_follow_up_takes_the_words_it_lacks_from_the_question_before(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    first = await chat.say(LEAVE)
    knowledge.confidences["Until when can I take it?"] = 0.05
    answer = await chat.say("Until when can I take it?", first.thread_id)
    assert knowledge.queries[1:] == ["Until when can I take it?", "when take days annual leave"]
    assert answer.text.startswith("Taken together with your question before,")
    assert "> Everybody has 25 days" in answer.text


async def test_a_second_follow_up_still_knows_the_subject(chat: "Chat", knowledge: "FakeKnowledge") -> None:
    thread = (await chat.say(LEAVE)).thread_id
    knowledge.confidences |= {"And in Germany?": 0.2, "why is that?": 0.02}
    await chat.say("And in Germany?", thread)
    await chat.say("thanks", thread)
    await chat.say("remind me to call Bob", thread)
    await chat.say("why is that?", thread)
    assert knowledge.queries[-1] == "why Germany days annual leave"


async def test_a_follow_up_that_finds_its_answer_alone_is_not_searched_again(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    first = await chat.say(LEAVE)
    knowledge.confidences["how long sick?"] = 0.4
    await chat.say("how long sick?", first.thread_id)
    assert knowledge.queries == [LEAVE, "how long sick?"]


@pytest.mark.parametrize(
    ("with_subject", "quoted"), [(0.7, "> HNSW is enabled"), (0.3, "> Enable the alarm")]
)
async def test_a_pronoun_is_searched_with_its_subject_too_and_the_better_search_is_answered_from(
    chat: "Chat", knowledge: "FakeKnowledge", with_subject: float, quoted: str
) -> None:
    knowledge.passages.clear()
    knowledge.add_passage("HNSW is enabled by a setting of OwFlex, which you enable there.", chunk_id=3)
    first = await chat.say("What is HNSW in OwFlex?")
    knowledge.passages.clear()
    knowledge.add_passage("HNSW is enabled by a setting of OwFlex, which you enable there.", chunk_id=3)
    knowledge.add_passage("Enable the alarm with the red button.", chunk_id=4)
    knowledge.confidences |= {"how do I enable it?": 0.5, "how enable HNSW OwFlex": with_subject}
    answer = await chat.say("how do I enable it?", first.thread_id)
    assert knowledge.queries[1:] == ["how do I enable it?", "how enable HNSW OwFlex"]
    assert answer.text.startswith("Taken together") == (with_subject > 0.5)
    assert quoted in answer.text


async def test_a_complete_question_takes_nothing_from_the_one_before(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    first = await chat.say(LEAVE)
    knowledge.confidence = 0.05
    answer = await chat.say("What is the capital of Mongolia?", first.thread_id)
    assert "leave" not in " ".join(knowledge.queries[1:])
    assert "beside the point" in answer.text


async def test_the_better_of_the_two_searches_is_answered_from(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    first = await chat.say(LEAVE)
    knowledge.confidences |= {"what about sick leave?": 0.3, "sick leave days annual": 0.1}
    answer = await chat.say("what about sick leave?", first.thread_id)
    assert knowledge.queries[1:] == ["what about sick leave?", "sick leave days annual"]
    assert answer.text.startswith("I am not sure")
    assert "> Sick leave needs a note" in answer.text


async def test_passages_found_by_the_words_carried_over_alone_are_no_answer(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    first = await chat.say(LEAVE)
    knowledge.confidences["And in Germany?"] = 0.06
    answer = await chat.say("And in Germany?", first.thread_id)
    assert knowledge.queries[-1] == "Germany days annual leave"
    assert "beside the point" in answer.text


async def test_two_searches_that_find_little_are_the_most_of_a_turn(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    first = await chat.say(LEAVE)
    knowledge.calls.clear()
    knowledge.confidence = 0.01
    answer = await chat.say("how long?", first.thread_id)
    assert knowledge.tools_called == ["search_documents"] * 2
    assert "beside the point" in answer.text


async def test_a_follow_up_without_a_question_before_is_searched_as_it_is(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.confidence = 0.05
    await chat.say("why is that?")
    assert knowledge.queries == ["why is that?"]


async def test_without_confidence_a_follow_up_is_answered_with_its_subject(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    first = await chat.say(LEAVE)
    knowledge.confidence = None
    answer = await chat.say("Is that all of it?", first.thread_id)
    assert knowledge.queries[1:] == ["Is that all of it?", "days annual leave"]
    assert "> Everybody has 25 days" in answer.text
