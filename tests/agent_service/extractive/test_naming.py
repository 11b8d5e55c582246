"""Where passages lack the name of what is asked, they speak of something else; steps begin with a page."""

from dataclasses import replace

import pytest

from agent_service.models.extractive.asked import Asked
from agent_service.models.extractive.finding import Found
from agent_service.models.extractive.language import languages
from agent_service.models.extractive.naming import unspoken
from agent_service.models.extractive.questions import parts_of
from agent_service.models.extractive.search_replies import found_reply, worth_quoting
from agent_service.models.extractive.sections import best_section, first_steps, render_section
from agent_service.tools.schemas import Passage, Searched, SearchResult


def passage(
    text: str, *, heading: str = "", title: str = "Installing", chunk_id: int = 1, **given: object
) -> Passage:
    return Passage.model_validate(
        {
            "chunk_id": chunk_id,
            "document_id": 1,
            "title": title,
            "source": f"{title.lower()}.md",
            "heading_path": [heading] if heading else [],
            "content": text,
            "similarity": 0.5,
        }
        | given
    )


def lacks(
    question: str, text: str, confidence: float | None = 0.45, code: str = "en", **given: object
) -> list[str]:
    one = passage(text, title=str(given.pop("title", "Installing")))
    result = SearchResult(results=[one], confidence=confidence, searched=Searched.model_validate(given))
    return unspoken(Found(result, question, languages()[code]), [one], question, languages()[code])


@pytest.mark.parametrize(
    ("code", "question", "text", "named"),
    [
        ("en", "how do I install it on Android?", "On Linux you install the package.", ["Android"]),
        ("en", "how do I restore my Windows registry?", "Restore your files on Windows.", ["registry"]),
        ("en", "what about crepes without milk?", "Crepes are made of flour.", ["milk"]),
        ("de", "Wo ist die Kantine in Linz?", "Die Kantine ist bis 14 Uhr offen.", ["Linz"]),
        ("fr", "Combien coûte la location d'un vélo ?", "La location de la barque coûte 9 euros.", ["vélo"]),
        ("es", "¿Cuánto cuesta la entrada al museo?", "La entrada cuesta 3 euros.", ["museo"]),
    ],
)
def test_the_name_that_passages_lack_is_found(code: str, question: str, text: str, named: list[str]) -> None:
    assert lacks(question, text, code=code) == named
    assert lacks(question, f"{text} {' '.join(named)}", code=code) == []


@pytest.mark.parametrize(
    ("code", "question", "text"),
    [
        ("en", "which roles exist?", "There are three roles: reader, writer and owner."),
        ("en", "and on a Mac?", "On macOS you install it with Homebrew."),
        ("en", "what does the code TK-418 mean?", "The code says that the vault is locked."),
        ("de", "Wie rechne ich eine Dienstreise ab?", "Reisekosten werden mit den Belegen abgerechnet."),
        ("en", "Wie ist das Wetter in Linz", "Das Wetter ist schön, und die Sonne scheint überall."),
    ],
)
def test_other_words_for_the_same_are_no_lack(code: str, question: str, text: str) -> None:
    assert lacks(question, text, code=code) == []


def test_where_the_search_is_sure_single_words_do_not_count() -> None:
    question, text = "how do I install it on Android?", "On Linux you install the package."
    assert lacks(question, text, 0.6) == ["Android"]
    assert lacks(question, text, 0.7) == []
    assert lacks(question, text, None) == []
    assert lacks(question, text, corrected={"android": "linux"}) == []
    assert lacks("how is it sent without milk?", "It is sent at once.", 0.6) == []


def test_a_list_of_changes_mentions_without_speaking_of_it() -> None:
    question = "how do I send it as an SMS?"
    result = SearchResult(results=[], confidence=0.6)
    found = Found(result, question, languages()["en"])
    news = passage("An article on how to send an SMS.", title="Changelog")
    guide = passage("How you send messages.")
    assert unspoken(found, [news, guide], question, languages()["en"]) == ["SMS"]
    assert unspoken(found, [news], question, languages()["en"]) == []


START = "1. Add the package source.\n2. Install the package."
LATER = "Put the tests of the app beside it:\n\n```\napp/test_main.py\n```"


def test_steps_of_a_page_that_is_named_begin_where_the_page_does() -> None:
    page = [
        passage("Tests of an app are easy:\n\n* they are short\n* they are quick", title="Testing"),
        passage(
            "To test an app do this:\n\n```\npip install pytest\n```",
            heading="First",
            title="Testing",
            chunk_id=2,
        ),
        passage(LATER, heading="Bigger apps", title="Testing", chunk_id=3),
        passage(
            "Run them on Windows:\n\n```\npy -m pytest\n```", heading="Windows", title="Testing", chunk_id=4
        ),
    ]
    asked = Asked("how do I test my app", languages()["en"])
    found = best_section(asked, page[2:3], wants_code=False)
    assert found is not None
    assert "pip install pytest" in render_section(first_steps(found, page, asked), asked)
    special = Asked("how do I test my app on windows", languages()["en"])
    found = best_section(special, page[3:], wants_code=False)
    assert found is not None
    assert "py -m pytest" in render_section(first_steps(found, page, special), special)


def test_steps_far_from_the_question_and_old_ones_give_way() -> None:
    asked = Asked("how do I return a status code", languages()["en"])
    close = passage("Return the status code with the parameter of the decorator.", similarity=0.9)
    far = passage(
        "Status codes:\n\n* return this for errors\n* return that for others", similarity=0.3, chunk_id=2
    )
    assert best_section(asked, [far], wants_code=False) is not None
    assert best_section(asked, [close, far], wants_code=False) is None
    news = passage(
        "* Return a status code with the new parameter\n* More of it here", title="Changelog", chunk_id=3
    )
    assert best_section(asked, [news], wants_code=False) is not None
    assert best_section(asked, [news, passage("Status code.")], wants_code=False) is None


def test_names_of_errors_behind_a_question_are_no_question() -> None:
    assert parts_of("How do I install it? RuntimeError E-12", languages()["en"]) == [
        "How do I install it? RuntimeError E-12"
    ]
    assert len(parts_of("How do I install it? Who made it?", languages()["en"])) == 2


def test_what_could_not_be_translated_is_no_misspelling() -> None:
    german, english = languages()["de"], languages()["en"]
    found = [frozenset({"still"})]
    assert Asked("stelle", english).terms_in(found) == {"still"}
    assert "still" not in Asked("stelle", english, spoken=german).terms_in(found)


def test_a_quote_that_only_leads_on_is_none() -> None:
    english = languages()["en"]
    result = SearchResult(results=[passage("1. Add the open source of packages:")], confidence=0.3)
    found = Found(result, "is it open source?", english)
    assert worth_quoting(found, Asked("is it open source?", english)) == []
    said = result.model_copy(update={"results": [passage("It is open source, under the MIT licence.")]})
    assert worth_quoting(replace(found, result=said), Asked("is it open source?", english))


def test_a_name_that_quotes_lack_is_looked_for_below_its_heading() -> None:
    german = languages()["de"]
    passages = [
        passage("Das Gehalt steigt jedes Jahr, und zu Weihnachten gibt es mehr davon.", title="Gehalt"),
        passage(
            "Der Antrag ist drei Monate vorher zu stellen.", heading="Teilzeit", title="Arbeit", chunk_id=2
        ),
    ]
    question = "Was steht in den Dokumenten zu „Teilzeit“?"
    found = Found(SearchResult(results=passages, confidence=0.2), question, german)
    asked = Asked(question, german, question=question, spoken=german)
    assert "Antrag ist drei Monate" in found_reply(found, asked, german)
    other = replace(found, result=SearchResult(results=passages[:1], confidence=0.2))
    assert "Teilzeit" in found_reply(other, asked, german)
    assert ">" not in found_reply(other, asked, german)
