"""Questions as people write them: with courtesies, in a pasted page, with a slip."""

from typing import TYPE_CHECKING

import numpy as np
import pytest
from pgvector import HalfVector

from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.chunk_rows import text_hash
from ingest.storing.documents import NewDocument, store_documents
from knowledge_base.embedding_spaces import hold_space_in_use
from knowledge_base.search import Question, SearchFilter, SearchOutcome, search
from knowledge_base.wording import LONGEST_QUESTION, wording_of

if TYPE_CHECKING:
    from conftest import Connection, PlaneEmbedder

QUESTION = "When is the rear flap of the printer replaced?"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (f"Hi, could you please tell me: {QUESTION} Thanks a lot!", QUESTION),
        (f"I'm not sure, and I don’t know. {QUESTION} Thank you!", QUESTION),
        ("Können Sie mir bitte sagen, wann das Büro öffnet? Vielen Dank!", "wann das Büro öffnet?"),
        ("Bonjour, pourriez-vous me dire où est la clé ? Merci d'avance", "où est la clé ?"),
        ("Hola, ¿dónde está la llave? Gracias", "¿dónde está la llave?"),
        ("Thanks!", "Thanks!"),
        ("please tell me", "please tell me"),
        ("Hibiscus needs water", "Hibiscus needs water"),
        ("Who wrote 'Thank you'", "Who wrote 'Thank you'"),
        ("", ""),
    ],
)
def test_courtesies_are_taken_off_and_nothing_else(written: str, meant: str) -> None:
    assert wording_of(written).question == meant


@pytest.mark.parametrize("place", [0, 20, 40])
def test_the_question_in_a_pasted_page_is_found(place: int) -> None:
    lines = [f'  File "/srv/app/part{number}.py", line {number}, in run_{number}' for number in range(100)]
    page = "\n".join([*lines[:place], QUESTION, *lines[place:], "ValueError: spindle 4711 is stuck."])
    wording = wording_of(page)
    assert len(page) > 4_000
    assert (wording.question, wording.context) == (QUESTION, page)


def test_a_page_in_which_nothing_is_asked_is_searched_by_its_ends() -> None:
    page = "The first line.\n" + "Something between.\n" * 200 + "The last line."
    assert wording_of(page).question == "The last line. The first line. Something between."
    assert len(wording_of("x" * 5_000).question) == LONGEST_QUESTION


async def ask(connection: "Connection", text: str) -> SearchOutcome:
    wording = wording_of(text)
    question = Question(wording.question, np.array([1, 0], np.float32), "plane", wording.context)
    return await search(connection, question, limit=5, min_similarity=0.3, which=SearchFilter())


@pytest.fixture
async def filled(connection: "Connection", plane: "PlaneEmbedder") -> "Connection":
    texts = {
        "printer": "The rear flap of the printer is replaced every spring.",
        "spindle": "A stuck spindle of number 4711 wants oil.",
        **{f"other{number}": f"Nothing of the kind stands on page {number}." for number in range(20)},
    }
    await connection.execute("insert into origins (collection, name, path) values ('default', 'tests', '')")
    documents: list[NewDocument] = []
    vectors: dict[bytes, HalfVector] = {}
    for source, text in texts.items():
        chunk = Chunk(0, (), None, "", text, 9)
        content = ChunkedDocument("", source, "text/plain", source.encode().hex(), {}, (), (chunk,))
        documents.append(NewDocument("default", "tests", source, "test", {}, content))
        vectors[text_hash(chunk)] = HalfVector([0, 1])
    async with connection.transaction():
        space_id = await hold_space_in_use(connection, plane)
        await store_documents(connection, space_id, documents, vectors)
    return connection


@pytest.mark.parametrize("mistyped", ["printr", "priinter", "prnter", "prinetr", "Prunter"])
async def test_a_word_that_no_passage_has_is_searched_as_the_one_it_was_to_be(
    filled: "Connection", mistyped: str
) -> None:
    outcome = await ask(filled, f"Is the flap of the {mistyped} replaced?")
    assert outcome.corrected == {mistyped.lower(): "printer"}
    assert (outcome.hits[0].source, outcome.hits[0].keyword) == ("printer", 1.0)


@pytest.mark.parametrize("word", ["printer", "printers", "hummingbird", "flop", "4712"])
async def test_what_is_known_or_like_nothing_stays_as_it_is(filled: "Connection", word: str) -> None:
    assert (await ask(filled, f"Is the {word} replaced?")).corrected == {}


async def test_rare_words_of_a_pasted_page_are_searched_beside_its_question(filled: "Connection") -> None:
    trace = '  File "/srv/app/main.py", line 7, in run\n' * 100
    outcome = await ask(filled, f"{trace}ValueError: spindle 4711 is stuck.\nWhy does this happen?")
    assert (*outcome.hits, *outcome.below)[0].source == "spindle"
