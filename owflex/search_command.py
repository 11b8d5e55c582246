"""`owflex search`: the search of the MCP server, shown as a table."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from database.home import open_data_folder
from database.pool import create_pool
from database.settings import read_settings
from knowledge_base.bootstrap import embedder_for, knowledge_base_url, migrate_knowledge_base
from knowledge_base.hits import Hit
from knowledge_base.search import Mode, Question, SearchFilter, SearchOutcome, search
from knowledge_base.vector_index import look_widely, vector_index
from mcp_server.settings import McpServerSettings
from owflex.exit_codes import exit_code

PASSAGE_LENGTH = 400


@dataclass(frozen=True)
class SearchOptions:
    """How to search and what to show; without `min_similarity` the configured threshold holds."""

    limit: int = 5
    min_similarity: float | None = None
    mode: Mode = "hybrid"
    explain: bool = False
    which: SearchFilter = field(default_factory=SearchFilter)


def run_search(question: str, options: Callable[[], SearchOptions]) -> int:
    """Print the best passages; the exit code is 0 when there are any, 1 otherwise.

    `options` may raise `OptionError`.
    """
    return exit_code(lambda: _run(question, options()))


def _run(question: str, options: SearchOptions) -> int:
    settings = read_settings(McpServerSettings)
    with knowledge_base_url(settings, open_data_folder(settings.owflex_home)) as url:
        outcome = asyncio.run(_search(settings, url, question, options))
    console = Console()
    if options.explain:
        console.print(_how(outcome))
    if not outcome.hits:
        console.print(_nothing(outcome))
    if outcome.hits or (options.explain and outcome.below):
        console.print(_table(question, outcome, explain=options.explain))
    return 0 if outcome.hits else 1


async def _search(
    settings: McpServerSettings, url: str, question: str, options: SearchOptions
) -> SearchOutcome:
    await migrate_knowledge_base(url)
    embedder = await embedder_for(settings, url)
    embedding = await asyncio.to_thread(embedder.embed_query, question)
    threshold = options.min_similarity
    async with create_pool(url, configure=look_widely) as pool, pool.connection() as connection:
        return await search(
            connection,
            Question(question, embedding, embedder.model_name),
            limit=options.limit,
            min_similarity=settings.vector_similarity_threshold if threshold is None else threshold,
            which=options.which,
            mode=options.mode,
            index=await vector_index(connection, embedder.model_name),
        )


def _nothing(outcome: SearchOutcome) -> str:
    if outcome.chunks_searched == 0:
        return "There is nothing to search yet. Add documents with: owflex ingest PATH"
    return (
        f"Nothing in {outcome.chunks_searched} passages is similar enough (threshold {outcome.threshold:g}, "
        f"best {outcome.best_similarity_below or 0:.2f}). Ask in other words, or lower --min-similarity."
    )


def _how(outcome: SearchOutcome) -> str:
    """What was searched, and what the question's words weigh."""
    weights = sorted(outcome.weights.items(), key=lambda pair: -pair[1])
    words = ", ".join(f"{escape(lexeme)} {weight:.1f}" for lexeme, weight in weights) or "none"
    return (
        f"{outcome.chunks_searched} passages searched, mode {outcome.mode}, threshold {outcome.threshold:g}. "
        f"Confidence that the answer is here: {outcome.confidence:.2f}.\nWords by their rarity: {words}."
    )


def _table(question: str, outcome: SearchOutcome, *, explain: bool) -> Table:
    table = Table(title=escape(question), show_lines=True, expand=True)
    table.add_column("Why" if explain else "Similarity", justify="left" if explain else "right", no_wrap=True)
    table.add_column("Where", ratio=2, overflow="fold")
    table.add_column("Passage", ratio=5)
    for hit in [*outcome.hits, *(outcome.below if explain else [])]:
        why = _why(hit, outcome) if explain else f"{hit.similarity:.2f}"
        table.add_row(why, escape(_place(hit)), escape(_passage(hit)))
    return table


def _why(hit: Hit, outcome: SearchOutcome) -> str:
    """Where a passage came from and what its score is made of."""
    below = hit not in outcome.hits
    return "\n".join(
        [
            f"score {hit.score:.3f}" + (" (below the threshold)" if below else ""),
            f"cosine {hit.similarity:.3f}, rank {hit.vector_rank or '–'}",
            f"BM25 {hit.bm25:.3f}, rank {hit.keyword_rank or '–'}",
            f"words {hit.keyword:.0%}: {escape(' '.join(hit.matched)) or '–'}",
            f"together {hit.together:.0%}, in place {hit.in_place:.0%}, related {hit.related:.0%}",
        ]
    )


def _place(hit: Hit) -> str:
    page = f", page {hit.page}" if hit.page is not None else ""
    return "\n".join([hit.title, " › ".join(hit.heading_path), f"{hit.source}{page}"])


def _passage(hit: Hit) -> str:
    return hit.content if len(hit.content) <= PASSAGE_LENGTH else hit.content[:PASSAGE_LENGTH] + "…"
