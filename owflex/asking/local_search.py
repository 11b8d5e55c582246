"""A search by the command itself, with all that can be told about how it was done."""

import asyncio
from collections.abc import Mapping

from database.home import open_data_folder
from database.pool import create_pool
from knowledge_base.bootstrap import embedder_for, knowledge_base_url, migrate_knowledge_base
from knowledge_base.hits import Hit
from knowledge_base.search import Question, SearchFilter, SearchOutcome, search
from knowledge_base.vector_index import look_widely, vector_index
from knowledge_base.word_engine_watch import EngineWatch
from knowledge_base.wording import wording_of
from mcp_server.settings import McpServerSettings
from owflex.asking.search_command import (
    Found,
    Searched,
    SearchOptions,
    searched_for,
    why_nothing,
    words_so_far,
)
from serving.terminal import escape_line


def search_here(settings: McpServerSettings, question: str, options: SearchOptions) -> Searched:
    """What is found, with what can be told about how, where the options ask for it."""
    outcome = _outcome(settings, question, options)
    explain = options.explain
    hits = [*outcome.hits, *(outcome.below if explain else [])]
    nothing = why_nothing(outcome.chunks_searched, outcome.threshold, outcome.best_similarity_below, options)
    return Searched(
        [_found(hit, _why(hit, outcome) if explain else f"{hit.similarity:.2f}") for hit in hits],
        None if outcome.hits else nothing,
        words_so_far(outcome.waits_for, outcome.chunks_by_meaning, outcome.chunks_searched),
        _how(outcome) if explain else "",
        searched_for(outcome.corrected),
    )


def _outcome(settings: McpServerSettings, question: str, options: SearchOptions) -> SearchOutcome:
    threshold = options.min_similarity
    wording = wording_of(question)

    async def find(url: str) -> SearchOutcome:
        await migrate_knowledge_base(url)
        embedder = await embedder_for(settings, url)
        embedding = await asyncio.to_thread(embedder.embed_query, wording.question)
        async with create_pool(url, configure=look_widely) as pool, pool.connection() as connection:
            return await search(
                connection,
                Question(wording.question, embedding, embedder.model_name, wording.context),
                limit=options.limit,
                min_similarity=settings.vector_similarity_threshold if threshold is None else threshold,
                which=SearchFilter(options.collection, options.metadata, options.source),
                mode=options.mode.value,
                index=await vector_index(connection, embedder.model_name),
                engine=await EngineWatch(settings.knowledge_base_word_engine).current(connection),
            )

    with knowledge_base_url(settings, open_data_folder(settings.owflex_home)) as url:
        return asyncio.run(find(url))


def _found(hit: Hit, why: str) -> Found:
    return Found(hit.title, hit.source, hit.heading_path, hit.page, hit.similarity, hit.content, why)


def _how(outcome: SearchOutcome) -> str:
    """What was searched, and what the question's words weigh."""
    words = "".join(
        f"\nWords by their rarity ({language}): {_words(weights)}."
        for language, weights in outcome.weights.items()
    )
    return (
        f"{outcome.chunks_searched} passages searched, mode {outcome.mode}, threshold {outcome.threshold:g}. "
        f"Confidence that the answer is here: {outcome.confidence:.2f}.{words}"
    )


def _words(weights: Mapping[str, float]) -> str:
    ordered = sorted(weights.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{escape_line(lexeme)} {weight:.1f}" for lexeme, weight in ordered) or "none"


def _why(hit: Hit, outcome: SearchOutcome) -> str:
    """Where a passage came from and what its score is made of."""
    below = hit not in outcome.hits
    return "\n".join(
        [
            f"score {hit.score:.3f}" + (" (below the threshold)" if below else ""),
            f"cosine {hit.similarity:.3f}"
            + (" (by its words)" if hit.estimated else f", rank {hit.vector_rank or '–'}"),
            f"BM25 {hit.bm25:.3f}, rank {hit.keyword_rank or '–'}",
            f"words {hit.keyword:.0%}: {escape_line(' '.join(hit.matched)) or '–'}",
            f"together {hit.together:.0%}, in place {hit.in_place:.0%}, related {hit.related:.0%}",
        ]
    )
