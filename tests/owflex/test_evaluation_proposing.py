"""Proposed questions: by rules, and by a language model whatever it answers."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from owflex.evaluation.model_questions import open_questioner
from owflex.evaluation.passage_sample import Passage, vocabulary_of
from owflex.evaluation.question_rules import propose, swaps

Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]

DEFINITION = Passage("a.md", "Locks", ["Top"], "A reentrant lock is a lock that its owner may take twice.")
HEADING = Passage(
    "b.md", "Guide", ["Guide", "Installing the server"], "Run the installer. Then wait a while."
)
HOW_TO = Passage("b.md", "Guide", ["How to rotate keys"], "Write a new key into the file.")
WORDS = Passage("c.md", "Notes", [], "Yesterday marmots were whistling above the refuge for hours.")
PASSAGES = [DEFINITION, HEADING, HOW_TO, WORDS]


@pytest.mark.parametrize(
    ("passage", "query"),
    [
        (DEFINITION, "What is a reentrant lock?"),
        (HEADING, "What is important when installing the server?"),
        (HOW_TO, "How do I rotate keys?"),
        (WORDS, "What do Yesterday and marmots have to do with each other?"),
    ],
)
def test_a_question_is_made_of_a_definition_a_heading_or_rare_words(passage: Passage, query: str) -> None:
    proposal = propose(passage, vocabulary_of(PASSAGES))
    assert proposal is not None
    assert (proposal.query, proposal.source, proposal.made_by) == (query, passage.source, "heuristic")
    assert proposal.text is not None
    assert proposal.text in passage.content


def test_a_swapped_question_asks_about_a_word_that_is_nowhere() -> None:
    vocabulary = vocabulary_of(PASSAGES)
    proposal = propose(DEFINITION, vocabulary)
    assert proposal is not None
    made_up, swapped = next(swaps(proposal, vocabulary, ["marmots"]))
    assert made_up == "reentmots"
    assert (swapped.query, swapped.answerable, swapped.source) == ("What is a reentmots lock?", False, None)


def model_that_says(text: str) -> Starlette:
    async def complete(_: Request) -> JSONResponse:
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return JSONResponse(
            {"id": "1", "object": "chat.completion", "created": 0, "model": "canned", "choices": [choice]}
        )

    return Starlette(routes=[Route("/v1/chat/completions", complete, methods=["POST"])])


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets up the language model at an address."""

    def set_up(url: str) -> None:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{url}/v1")
        monkeypatch.setenv("MODEL_NAME", "canned")

    return set_up


async def test_a_language_model_writes_the_question_and_its_evidence(
    serve: Serve, settings: Callable[[str], None]
) -> None:
    answer = {"question": "May I lock twice?", "evidence": "a lock that its owner may take twice"}
    async with serve(model_that_says(f"Here it is: {json.dumps(answer)}")) as url:
        settings(url)
        async with open_questioner() as questioner:
            assert questioner is not None
            proposal = await questioner.propose(DEFINITION)
    assert proposal is not None
    assert (proposal.query, proposal.text) == ("May I lock twice?", "a lock that its owner may take twice")
    assert proposal.made_by.endswith("canned")


async def test_evidence_that_is_not_in_the_passage_becomes_no_label(
    serve: Serve, settings: Callable[[str], None]
) -> None:
    answer = {"question": "May I lock twice?", "evidence": "The owner can lock two times."}
    async with serve(model_that_says(json.dumps(answer))) as url:
        settings(url)
        async with open_questioner() as questioner:
            assert questioner is not None
            proposal = await questioner.propose(DEFINITION)
    assert proposal is not None
    assert proposal.text == DEFINITION.content


async def test_answers_without_a_question_are_counted_as_failures(
    serve: Serve, settings: Callable[[str], None]
) -> None:
    async with serve(model_that_says("I cannot help with that.")) as url:
        settings(url)
        async with open_questioner() as questioner:
            assert questioner is not None
            assert await questioner.propose(DEFINITION) is None
            assert questioner.problem == "the answer was not a JSON object"
