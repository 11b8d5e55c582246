"""Which language a document is in, and what a second language in a collection does to the first."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest.reading.language import language_of
from knowledge_base.postings import set_language
from knowledge_base.search import Question, SearchFilter, SearchOutcome, search

if TYPE_CHECKING:
    from conftest import KnowledgeBase

ENGLISH = "Every employee has twenty-eight days of paid holidays a year, and asks for them two weeks before."
GERMAN = (
    "Alle Mitarbeiter haben dreißig Urlaubstage im Jahr; die Häuser der Firma bleiben im August geschlossen."
)
CODE = "```python\nfor index in range(10):\n    print(index, der, die, das, und, nicht, ein, mit)\n```"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "english"),
        (GERMAN, "german"),
        ("每位员工每年享有二十八天的带薪年假，并须提前两周申请。", "zh"),
        ("Każdy pracownik ma prawo do dwudziestu ośmiu dni płatnego urlopu w ciągu roku.", "pl"),
        ("Каждый сотрудник имеет право на двадцать восемь дней оплачиваемого отпуска.", "russian"),
        ("Urlaub", None),
        (CODE, None),
        ("", None),
    ],
)
def test_a_language_is_found_by_enough_prose(text: str, language: str | None) -> None:
    assert language_of([text]) == language


async def ask(kb: "KnowledgeBase", text: str) -> SearchOutcome:
    question = Question(text, None, "counting")
    async with kb.pool.connection() as connection:
        return await search(connection, question, limit=5, min_similarity=0.3, which=SearchFilter())


async def test_a_second_language_takes_nothing_from_the_first(kb: "KnowledgeBase", tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "holidays.md").write_text(ENGLISH)
    for number in range(8):
        (folder / f"printer{number}.md").write_text(
            f"Printer number {number} stands on the floor above and prints whatever is sent to it from below."
        )
    await kb.sync(folder)
    question = "How many holiday days does an employee have in a year?"
    before = await ask(kb, question)
    (folder / "urlaub.md").write_text(GERMAN)
    await kb.sync(folder)
    after = await ask(kb, question)
    assert [hit.source for hit in after.hits] == [hit.source for hit in before.hits] == ["docs/holidays.md"]
    assert after.hits[0].keyword == before.hits[0].keyword > 0.7
    assert after.confidence == pytest.approx(before.confidence)
    (found,) = (await ask(kb, "Hat ein Mitarbeiter im Haus Urlaubstage?")).hits
    assert (found.source, found.language) == ("docs/urlaub.md", "german")
    assert found.keyword > 0.9


async def test_a_language_that_is_given_to_a_collection_is_that_of_all_documents(
    kb: "KnowledgeBase", tmp_path: Path
) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "urlaub.md").write_text(GERMAN)
    await kb.sync(folder)
    assert await kb.rows("select language from documents") == [("german",)]
    async with kb.pool.connection() as connection:
        await set_language(connection, "default", "simple")
    await kb.sync(folder)
    assert await kb.rows("select language from documents") == [("simple",)]
    (found,) = (await ask(kb, "Urlaubstage")).hits
    assert (found.language, found.matched) == ("simple", ["urlaubstage"])
