"""Search by meaning and words at once: what is found, how it is filtered, and how it is planned."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pgvector import HalfVector

from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.chunk_rows import text_hash
from ingest.storing.documents import NewDocument, remove_documents, store_documents
from knowledge_base.access import Access, acting_for, open_server_pool, prepare_server_role
from knowledge_base.asked_words import asked_words
from knowledge_base.confidence import confidence_of
from knowledge_base.embedding_spaces import hold_space_in_use
from knowledge_base.errors import LanguageUnknownError
from knowledge_base.lexemes import words
from knowledge_base.posting_lists import Asking, read_lists
from knowledge_base.posting_merge import merge_pending
from knowledge_base.postings import set_language
from knowledge_base.search import Mode, Question, SearchFilter, SearchOutcome, find, search
from knowledge_base.vector_index import EF_SEARCH, ensure_vector_index, vector_index
from tests.support.round_trips import count_round_trips

if TYPE_CHECKING:
    from conftest import Connection, PlaneEmbedder

FAR = np.array([0.0, 1.0], dtype=np.float32)


async def store(
    connection: "Connection",
    plane: "PlaneEmbedder",
    texts: dict[str, str],
    *,
    cosines: Sequence[float] | None = None,
    collection: str = "default",
    metadata: Sequence[dict[str, Any]] | None = None,
    title: str = "",
    language: str | None = None,
) -> None:
    """Documents of one passage each, by source; without `cosines` none is near any question."""
    await connection.execute(
        "insert into origins (collection, name, path) values (%(c)s, 'tests', '') on conflict do nothing",
        {"c": collection},
    )
    documents: list[NewDocument] = []
    vectors: dict[bytes, HalfVector] = {}
    for number, (source, text) in enumerate(texts.items()):
        chunk = Chunk(0, (), None, title or source, text, len(text.split()))
        given = metadata[number] if metadata else {}
        content = ChunkedDocument(
            "", title or source, "text/plain", source.encode().hex(), given, (), (chunk,), language=language
        )
        documents.append(NewDocument(collection, "tests", source, "test", {}, content))
        vector = plane.embed_query(str(cosines[number])) if cosines else FAR
        vectors[text_hash(chunk)] = HalfVector(vector)
    async with connection.transaction():
        space_id = await hold_space_in_use(connection, plane)
        await store_documents(connection, space_id, documents, vectors)


async def ask(
    connection: "Connection", text: str, *, limit: int = 5, mode: Mode = "hybrid", **which: Any
) -> SearchOutcome:
    question = Question(text, np.array([1.0, 0.0], dtype=np.float32), "plane")
    return await search(
        connection, question, limit=limit, min_similarity=0.3, which=SearchFilter(**which), mode=mode
    )


async def sources(connection: "Connection", text: str, **options: Any) -> list[str]:
    return [hit.source for hit in (await ask(connection, text, **options)).hits]


TEXTS = {
    "printer": "When the printer shows error E-52, open the rear flap.",
    "scan": "The setting hnsw.iterative_scan decides how filtered scans go on.",
    "class": "A DiffExecutor wraps two executors and compares what they do.",
    "tokyo": "東京都の天気は晴れです。",
    "leave": "Every employee has 28 days of paid holidays a year.",
}


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What does E-52 mean?", "printer"),
        ("printers with errors", "printer"),
        ("iterative_scan", "scan"),
        ("hnsw.iterative_scan", "scan"),
        ("the diff executor", "class"),
        ("diffexecutor", "class"),
        ("東京の天気", "tokyo"),
        ("How many holiday days does an employee have?", "leave"),
    ],
)
async def test_words_identifiers_codes_and_characters_are_found_without_any_likeness(
    connection: "Connection", plane: "PlaneEmbedder", question: str, found: str
) -> None:
    await store(connection, plane, TEXTS)
    assert (await sources(connection, question))[:1] == [found]
    assert await sources(connection, question, mode="vector") == []


async def test_what_words_find_is_still_shown_with_its_cosine(
    connection: "Connection", plane: "PlaneEmbedder"
) -> None:
    await store(connection, plane, TEXTS, cosines=[0.1, 0.2, 0.3, 0.4, 0.5])
    outcome = await ask(connection, "printers with errors", mode="keyword")
    assert [(hit.source, hit.estimated, round(hit.similarity, 2)) for hit in outcome.hits] == [
        ("printer", False, 0.1)
    ]


@pytest.mark.parametrize(
    ("which", "opened"),
    [
        (SearchFilter(), None),
        (SearchFilter(metadata={"part": 1}), None),
        (SearchFilter("default"), None),
        (SearchFilter(restricted=True), frozenset({"default"})),
    ],
)
async def test_a_search_waits_for_postgres_three_times(
    connection: "Connection",
    plane: "PlaneEmbedder",
    knowledge_base_url: str,
    monkeypatch: pytest.MonkeyPatch,
    which: SearchFilter,
    opened: frozenset[str] | None,
) -> None:
    await store(connection, plane, TEXTS, metadata=[{"part": 1}] * len(TEXTS))
    await merge_pending(connection, at_least=1)
    await prepare_server_role(knowledge_base_url)
    question = Question("printers with errors", np.array([1.0, 0.0], dtype=np.float32), "plane")
    async with open_server_pool(knowledge_base_url, max_size=1) as pool:
        async with pool.connection():
            trips = count_round_trips(monkeypatch)
        async with acting_for(pool, Access("ann", opened), at_once=True) as acting:
            found = await find(acting, question, 5, which)
        outcome = await found.outcome(5, min_similarity=0.3)
    assert [hit.source for hit in outcome.hits] == ["printer"]
    # What there is and the lists of words; the nearest and what the words propose; the passages and the end.
    assert len(trips) == 3, trips


async def test_meaning_and_words_together_put_the_right_passage_first(
    connection: "Connection", plane: "PlaneEmbedder"
) -> None:
    texts = {"both": "the flap of a printer", "meaning": "quite other words", "words": "flap and flap again"}
    await store(connection, plane, texts, cosines=[0.5, 0.55, 0.1])
    outcome = await ask(connection, "printer flap")
    assert outcome.hits[0].source == "both"
    assert outcome.hits[0].matched == ["flap", "printer"]
    assert (outcome.hits[0].vector_rank, outcome.hits[0].keyword_rank) == (2, 1)
    assert await sources(connection, "printer flap", mode="vector") == ["meaning", "both"]
    assert "meaning" not in await sources(connection, "printer flap", mode="keyword")


async def test_common_words_alone_make_nothing_relevant(
    connection: "Connection", plane: "PlaneEmbedder"
) -> None:
    await store(connection, plane, {f"d{number}": f"We work on part {number}." for number in range(9)})
    outcome = await ask(connection, "How does photosynthesis work in algae?")
    assert outcome.hits == []
    assert outcome.confidence < 0.15
    assert outcome.below


async def test_a_word_in_the_title_counts(connection: "Connection", plane: "PlaneEmbedder") -> None:
    await store(connection, plane, {"a": "Twenty-eight days."}, title="Holidays")
    await store(connection, plane, {"b": "Nothing of the kind."}, title="Printers")
    assert (await sources(connection, "holidays"))[:1] == ["a"]


async def test_each_collection_has_the_stems_of_its_language(
    connection: "Connection", plane: "PlaneEmbedder"
) -> None:
    await set_language(connection, "de", "german")
    await store(connection, plane, {"urlaub": "Die Häuser der Mitarbeiter"}, collection="de")
    await store(connection, plane, {"houses": "The houses of our employees"})
    assert await sources(connection, "Haus Mitarbeitern", collection="de") == ["urlaub"]
    assert await sources(connection, "house") == ["houses"]
    with pytest.raises(LanguageUnknownError, match=r"simple, .*german"):
        await set_language(connection, "default", "klingon")


async def counts(connection: "Connection") -> dict[str, int]:
    """In how many passages each of a few lexemes is, as a search counts it."""
    asked = await asked_words(connection, ["b", "koalas", "sleep", "wombats", "dig", "deep"], None)
    lists = await read_lists(connection, asked, Asking(None))
    found = {lexeme: lists.count(key) for lexeme, key in asked.keys.items()}
    return {lexeme: count for lexeme, count in found.items() if count or not any(found.values())}


async def test_postings_come_and_go_with_their_passages(
    connection: "Connection", plane: "PlaneEmbedder"
) -> None:
    await store(connection, plane, {"a": "Wombats dig deep.", "b": "Wombats sleep."})
    await store(connection, plane, {"a": "Koalas sleep."})
    assert await counts(connection) == {"b": 1, "koala": 1, "sleep": 2, "wombat": 1}
    await merge_pending(connection, at_least=1)
    assert await counts(connection) == {"b": 1, "koala": 1, "sleep": 2, "wombat": 1}
    ids = await (await connection.execute("select id from documents")).fetchall()
    await remove_documents(connection, [row[0] for row in ids])
    assert set((await counts(connection)).values()) == {0}
    await merge_pending(connection, at_least=1)
    left = "select (select count(*) from postings), (select count(*) from pending_postings)"
    assert await (await connection.execute(left)).fetchone() == (0, 0)


async def test_a_filter_finds_what_an_exact_search_of_its_documents_finds(
    connection: "Connection", plane: "PlaneEmbedder"
) -> None:
    generator = random.Random(4)  # noqa: S311
    count = 2_000
    cosines = [round(generator.random(), 4) for _ in range(count)]
    groups = [{"half": n % 2, "hundredth": n % 100, "one": n} for n in range(count)]
    texts = {f"d{n:04}": f"text {n}" for n in range(count)}
    await store(connection, plane, texts, cosines=cosines, metadata=groups)
    for metadata in ({"half": 1}, {"hundredth": 7}, {"one": 1234}, {"hundredth": [3, 4, 5]}):
        ((key, wanted),) = metadata.items()
        accepted = wanted if isinstance(wanted, list) else [wanted]
        eligible = [n for n in range(count) if groups[n][key] in accepted]
        best = sorted(eligible, key=lambda n: -cosines[n])[:10]
        question = Question("?", np.array([1.0, 0.0], dtype=np.float32), "plane")
        outcome = await search(
            connection, question, limit=10, min_similarity=0, which=SearchFilter(metadata=metadata)
        )
        assert outcome.chunks_searched == len(eligible)
        assert [round(hit.similarity, 2) for hit in outcome.hits] == [round(cosines[n], 2) for n in best]


async def test_a_place_and_a_time_narrow_a_search(connection: "Connection", plane: "PlaneEmbedder") -> None:
    texts = {"hr/leave.md": "holidays", "hr2/leave.md": "holidays too", "it/leave.md": "holidays as well"}
    await store(connection, plane, texts)
    assert await sources(connection, "holidays", source="hr") == ["hr/leave.md"]
    assert await sources(connection, "holidays", source="hr2/leave.md") == ["hr2/leave.md"]
    now = datetime.now(UTC)
    assert len(await sources(connection, "holidays", since=now - timedelta(hours=1))) == 3
    assert await sources(connection, "holidays", since=now + timedelta(hours=1)) == []
    assert await sources(connection, "holidays", until=now - timedelta(hours=1)) == []


def test_words_are_counted_whole_and_in_parts() -> None:
    assert words("HTTPServer E-52 foo_bar") == {
        **dict.fromkeys(["httpserver", "http", "server", "e-52", "e", "52", "foo_bar", "foo", "bar"], 1)
    }
    assert words("天気") == {"天気": 1}
    assert words("天") == {"天": 1}
    assert words("ﬁle Straße") == {"file": 1, "straße": 1}
    assert words("کتاب\u200cها") == {"كتابها": 1, "كتاب": 1, "ها": 1}
    assert not words(" .,;-_ ")


async def test_confidence_grows_with_what_speaks_for_the_best_passage(
    connection: "Connection", plane: "PlaneEmbedder"
) -> None:
    await store(
        connection, plane, {"a": "the rear flap of the printer", **{f"x{n}": f"other {n}" for n in range(20)}}
    )
    sure = (await ask(connection, "rear flap of the printer")).confidence
    unsure = (await ask(connection, "flap of the wings of a hummingbird")).confidence
    assert 0 < unsure < 0.15 < sure < 1
    assert confidence_of([], {}, 0) == 0


async def test_many_vectors_get_an_index_that_finds_nearly_all_and_never_serves_a_filter(
    connection: "Connection", plane: "PlaneEmbedder"
) -> None:
    generator = random.Random(7)  # noqa: S311
    cosines = [generator.random() for _ in range(2_000)]
    texts = {f"d{n:04}": f"text {n}" for n in range(2_000)}
    await store(connection, plane, texts, cosines=cosines, metadata=[{"one": n} for n in range(2_000)])
    assert not await ensure_vector_index(connection)
    assert await ensure_vector_index(connection, worth=1_000)
    assert not await ensure_vector_index(connection, worth=1_000)
    index = await vector_index(connection, "plane")
    assert index is not None
    await connection.execute("analyze")
    await connection.execute("select set_config('hnsw.ef_search', %(ef)s, false)", {"ef": str(EF_SEARCH)})
    question = Question("?", np.array([1.0, 0.0], dtype=np.float32), "plane")
    exact, near = [
        await search(
            connection, question, limit=20, min_similarity=0, which=SearchFilter(), mode="vector", index=used
        )
        for used in (None, index)
    ]
    found = {hit.source for hit in exact.hits} & {hit.source for hit in near.hits}
    assert len(found) >= 19
    filtered = await search(
        connection,
        question,
        limit=5,
        min_similarity=0,
        which=SearchFilter(metadata={"one": 1234}),
        index=index,
    )
    assert [hit.source for hit in filtered.hits] == ["d1234"]


@pytest.mark.parametrize(
    ("language", "text", "question"),
    [
        ("spanish", "La información está en el café de José.", "informacion cafe jose"),
        ("french", "Le château à l'hôtel", "chateau hotel"),
        ("vi", "Thời tiết ở Hà Nội", "thoi tiet ha noi"),
        ("turkish", "ISPARTA ve İstanbul", "ısparta istanbul"),
        ("german", "Die Größe der Häuser", "große hauser"),
    ],
)
async def test_words_are_found_without_their_accents(
    connection: "Connection", plane: "PlaneEmbedder", language: str, text: str, question: str
) -> None:
    await store(connection, plane, {"found": text}, language=language)
    await store(connection, plane, {"other": "x"}, language=language)
    (hit,) = (await ask(connection, question)).hits
    assert (hit.source, hit.keyword) == ("found", 1.0)


async def test_a_word_with_its_accents_leads(connection: "Connection", plane: "PlaneEmbedder") -> None:
    await store(connection, plane, {"plain": "la resume", "exact": "la résumé"}, language="vi")
    found = await ask(connection, "résumé")
    assert [hit.source for hit in (*found.hits, *found.below)] == ["exact", "plain"]
    assert set(await sources(connection, "resume")) == {"exact", "plain"}


async def test_a_word_with_accents_weighs_no_more_than_one_without(
    connection: "Connection", plane: "PlaneEmbedder"
) -> None:
    await store(connection, plane, {"accents": "la résumé", "none": "la montagne"}, language="vi")
    weights = (await ask(connection, "résumé montagne")).weights["vi"]
    assert weights["résumé"] + weights["resume"] == pytest.approx(weights["montagne"])
    # Where nobody writes the accents, the form without them is all that is asked for.
    weights = (await ask(connection, "móntagne")).weights["vi"]
    assert list(weights) == ["montagne"]
    assert weights["montagne"] > 0.5


async def test_a_longer_list_begins_like_a_shorter_one(
    connection: "Connection", plane: "PlaneEmbedder"
) -> None:
    # The last by their scores would be the first if they were read.
    texts = {
        f"d{number:02}": "flap " + "of another kind " * (60 - number) + "printer" for number in range(59)
    }
    await store(connection, plane, texts | {"together": "word " * 90 + "printer flap"})
    short = await sources(connection, "printer flap", limit=5)
    assert (await sources(connection, "printer flap", limit=60))[:5] == short
