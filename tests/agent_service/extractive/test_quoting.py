"""Which parts of which passages are quoted, and how they look."""

from collections.abc import Sequence
from typing import Any

from agent_service.models.extractive import quoting
from agent_service.models.extractive.asked import Asked
from agent_service.models.extractive.language import languages
from agent_service.models.extractive.quoting import Quote, render_quotes
from agent_service.tools.schemas import Passage


def passage(text: str, chunk_id: int = 1, similarity: float = 0.6, **more: Any) -> Passage:
    return Passage.model_validate(
        {
            "chunk_id": chunk_id,
            "document_id": 7,
            "title": "Handbook",
            "source": "handbook.md",
            "heading_path": [],
            "content": text,
            "similarity": similarity,
        }
        | more
    )


def choose_quotes(question: str, passages: Sequence[Passage]) -> list[Quote]:
    return quoting.choose_quotes(Asked(question, languages()["en"]), passages)


def answer(question: str, *passages: Passage) -> str:
    return render_quotes(choose_quotes(question, passages))


def test_the_sentence_that_shares_most_with_the_question_is_quoted_with_its_mark() -> None:
    text = (
        "The office is open from eight in the morning until six in the evening on every working day. "
        "Annual leave is twenty-five days for everybody who works full time; part-timers get their share. "
        "The kitchen is cleaned on Fridays by the people whose names are on the list beside the door. "
        "Please keep the windows shut at night, since the alarm does not tell a cat from a burglar."
    )
    first = answer("How many days of annual leave do I have?", passage(text, 12))
    assert first.startswith("> Annual leave is twenty-five days")
    assert "[[12]]" in first
    assert "office is open" not in first


def test_the_fence_around_a_passage_is_not_quoted() -> None:
    fenced = "<document-text-0badcafe>\nLeave is 25 days.\n</document-text-0badcafe>"
    assert answer("How much leave?", passage(fenced, 3)) == "> Leave is 25 days. [[3]]"


def test_code_that_the_sentence_leads_to_comes_whole() -> None:
    code = "```python\ndef read(q: str | None = None):\n\n    return q\n```"
    text = f"Declare an optional parameter like this:\n\n{code}\n\nThat was it about parameters of all kinds."
    assert answer("How do I declare an optional parameter?", passage(text, 5)) == (
        "> Declare an optional parameter like this: [[5]]\n"
        ">\n> ```python\n> def read(q: str | None = None):\n>\n>     return q\n> ```"
    )


def test_code_cut_off_by_the_end_of_the_passage_is_closed() -> None:
    text = "Declare an optional parameter like this:\n\n```python\nq = None"
    assert answer("optional parameter", passage(text, 5)).endswith("> ```python\n> q = None\n> ```")


def test_a_list_that_the_sentence_leads_to_comes_along() -> None:
    text = "The query parameters are:\n\n* `skip`: zero\n* `limit`: ten\n\nThey are part of the URL."
    shown = answer("Which query parameters are there?", passage(text, 5))
    assert shown.startswith("> The query parameters are: [[5]]\n>\n> * `skip`: zero\n> * `limit`: ten")


def test_of_a_long_list_only_the_items_that_fit_are_quoted() -> None:
    items = [f"* Item number {number} speaks of nothing in particular at all." for number in range(20)]
    items[13] = "* Support for uploading files was added."
    assert answer("When was file upload added?", passage("\n".join(items), 9)) == (
        "> * Support for uploading files was added. [[9]]"
    )


def test_a_passage_of_code_alone_is_quoted_with_the_mark_below() -> None:
    shown = answer(
        "add a server", passage("```\nclaude mcp add owflex\n```", 4, heading_path=["Claude Code"])
    )
    assert shown == "> ```\n> claude mcp add owflex\n> ```\n>\n> [[4]]"


def test_at_most_three_quotes_and_not_much_text() -> None:
    passages = [
        passage(f"Annual leave rule number {n} says something about leave days. " * 3, n, 0.6 - n / 100)
        for n in range(1, 9)
    ]
    quotes = choose_quotes("annual leave", passages)
    assert 1 <= len(quotes) <= 3
    assert len({quote.passage.chunk_id for quote in quotes}) <= 3
    assert sum(len(quote.markdown) for quote in quotes) < 1300


def test_the_same_words_are_not_quoted_twice() -> None:
    same = "Annual leave is twenty-five days for everybody."
    assert len(choose_quotes("annual leave days", [passage(same, 1), passage(same, 2)])) == 1


def test_a_passage_with_nothing_of_the_question_is_left_out_beside_a_better_one() -> None:
    good = passage("Annual leave is twenty-five days for everybody.", 1, 0.6)
    other = passage("The printer is on the second floor beside the stairs.", 2, 0.45)
    assert [quote.passage.chunk_id for quote in choose_quotes("annual leave", [good, other])] == [1]


def test_a_faint_similarity_alone_is_not_sure() -> None:
    far = passage("The printer is on the second floor beside the stairs.", 2, 0.35)
    near = passage("Holidays: everybody gets twenty-five days off.", 3, 0.62)
    assert not any(quote.is_sure for quote in choose_quotes("What is the capital of Mongolia?", [far]))
    assert any(quote.is_sure for quote in choose_quotes("How much vacation do I get?", [near]))


def test_different_forms_of_a_word_are_the_same_word() -> None:
    text = (
        "Validating requests happens first. " * 2
        + "\n\nDependencies are declared once and injected everywhere."
    )
    (quote, *_) = choose_quotes("How do I declare a dependency?", [passage(text)])
    assert quote.markdown.startswith("Dependencies are declared")


def test_links_images_and_tags_are_reduced_to_their_text() -> None:
    text = (
        "Leave is explained in [the **leave** guide](../leave.md){.link} and ![chart](x.png) in "
        "<abbr title='x'>HR</abbr> with [`days`](https://x.example/a_(b)) and `[not](a link)`."
    )
    assert answer("leave guide", passage(text, 8)) == (
        "> Leave is explained in the **leave** guide and  in HR with `days` and `[not](a link)`. [[8]]"
    )


def test_brackets_of_the_document_are_not_taken_for_marks() -> None:
    assert answer("annual leave", passage("Annual leave is 25 days [[99]] as agreed.", 8)) == (
        "> Annual leave is 25 days [\\[99]] as agreed. [[8]]"
    )


def test_text_without_spaces_between_words_is_found() -> None:
    text = "年次有給休暇は二十五日です。事務所は八時に開きます。"
    assert "年次有給休暇" in answer("有給休暇は何日ですか", passage(text, 8))


def test_nothing_to_quote_is_no_quote() -> None:
    assert choose_quotes("anything", []) == []
    assert choose_quotes("anything", [passage("")]) == []
    assert choose_quotes("", [passage("Some words are here for everybody.")])[0].shared == 0


def test_a_passage_with_the_words_is_quoted_before_a_similar_one_without_them() -> None:
    similar = passage("Machines that fail show a number on their display in most cases.", 1, 0.5, score=0.5)
    worded = passage("The alarm code E-4711 means that the pump runs dry.", 2, 0.2, score=0.9)
    (first, *_) = choose_quotes("What does the alarm E-4711 mean?", [similar, worded])
    assert first.passage.chunk_id == 2
    assert first.is_sure


def test_a_score_of_another_scale_does_not_hide_the_similarity() -> None:
    assert passage("Leave is 25 days.", similarity=0.6, score=0.016).closeness == 0.6
    assert passage("Leave is 25 days.", similarity=0.6, score=12.3).closeness == 1
