"""`owflex search`: the search of the MCP server, shown as a table."""

import asyncio

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from database.home import open_data_folder
from database.pool import create_pool
from knowledge_base.embedding import create_embedder
from knowledge_base.place import embedding_cache, knowledge_base_url, migrate_knowledge_base
from knowledge_base.search import Hit, SearchFilter, SearchOutcome, search
from knowledge_base.spaces import model_to_use
from mcp_server.settings import McpServerSettings
from owflex.edges import in_plain_words

PASSAGE_LENGTH = 400


def run_search(question: str, *, limit: int, collection: str | None, min_similarity: float | None) -> int:
    """Print the best passages; the exit code is 0 when there are any, 1 otherwise."""
    return in_plain_words(lambda: _run(question, limit, collection, min_similarity))


def _run(question: str, limit: int, collection: str | None, min_similarity: float | None) -> int:
    settings = McpServerSettings(_env_file=".env")  # pyright: ignore[reportCallIssue]
    threshold = settings.vector_similarity_threshold if min_similarity is None else min_similarity
    with knowledge_base_url(settings, open_data_folder(settings.owflex_home)) as url:
        outcome = asyncio.run(_search(settings, url, question, limit, SearchFilter(collection), threshold))
    console = Console()
    if not outcome.hits:
        console.print(_nothing(outcome))
        return 1
    console.print(_table(question, outcome))
    return 0


async def _search(
    settings: McpServerSettings, url: str, question: str, limit: int, which: SearchFilter, threshold: float
) -> SearchOutcome:
    await migrate_knowledge_base(url)
    model_name = await model_to_use(url, settings.embedding_model)
    embedder = create_embedder(model_name, embedding_cache(open_data_folder(settings.owflex_home)))
    embedding = await asyncio.to_thread(embedder.embed_query, question)
    async with create_pool(url) as pool, pool.connection() as connection:
        return await search(
            connection,
            embedding,
            model_name=embedder.model_name,
            limit=limit,
            min_similarity=threshold,
            which=which,
        )


def _nothing(outcome: SearchOutcome) -> str:
    if outcome.chunks_searched == 0:
        return "There is nothing to search yet. Add documents with: owflex ingest PATH"
    return (
        f"Nothing in {outcome.chunks_searched} passages is similar enough (threshold {outcome.threshold:g}, "
        f"best {outcome.best_similarity_below or 0:.2f}). Ask in other words, or lower --min-similarity."
    )


def _table(question: str, outcome: SearchOutcome) -> Table:
    table = Table(title=escape(question), show_lines=True, expand=True)
    table.add_column("Similarity", justify="right", no_wrap=True)
    table.add_column("Where", ratio=2, overflow="fold")
    table.add_column("Passage", ratio=5)
    for hit in outcome.hits:
        table.add_row(f"{hit.similarity:.2f}", escape(_place(hit)), escape(_passage(hit)))
    return table


def _place(hit: Hit) -> str:
    page = f", page {hit.page}" if hit.page is not None else ""
    return "\n".join([hit.title, " › ".join(hit.heading_path), f"{hit.source}{page}"])


def _passage(hit: Hit) -> str:
    return hit.content if len(hit.content) <= PASSAGE_LENGTH else hit.content[:PASSAGE_LENGTH] + "…"
