"""Tools that read the documents."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from opentelemetry import trace
from pydantic import Field

from knowledge_base.access import Access, Connection
from knowledge_base.embedding.reranking import Reranker
from knowledge_base.known_names import Named, check_names
from knowledge_base.query_embedding import QueryEmbedder
from knowledge_base.reads import Reads
from knowledge_base.reranking import reranked
from knowledge_base.search import Found, Question, SearchFilter, SearchOutcome, find
from knowledge_base.vector_index import IndexWatch
from knowledge_base.word_engine_watch import EngineWatch
from knowledge_base.wording import wording_of
from mcp_server.auth.callers import Caller, current_caller
from mcp_server.calls.arguments import FilledText, Filters, Moment, Text
from mcp_server.results import (
    SearchResult,
)
from mcp_server.tools.search_answers import search_result

Form = Literal["full", "compact"]

# Without a collector this is a tracer that does nothing.
TRACER = trace.get_tracer("owflex.mcp")
NOTHING_MATCHES = "No document matches the collection and filters. Call list_documents to see what there is."
NOTHING_THERE = "The knowledge base is empty. Add documents with `owflex ingest PATH`."
# The same whether there is nothing, or nothing for this caller.
NOTHING_OPEN = (
    "There is no document that you may read. Whoever runs OwFlex can give you a right to a collection, and "
    "with the scope kb:write you can add documents of your own."
)


@dataclass(frozen=True)
class Reranking:
    """A model that orders the best passages anew, and how much it may take."""

    reranker: Reranker
    candidates: int
    seconds: float

    async def of(self, question: str, outcome: SearchOutcome) -> SearchOutcome:
        """The outcome with its hits in their new order."""
        return await reranked(self.reranker, question, outcome, seconds=self.seconds)


@dataclass(frozen=True)
class DocumentTools:
    """The document tools over one knowledge base."""

    reads: Reads
    embedder: QueryEmbedder
    threshold: float
    token_budget: int
    stdio_caller: Caller | None = None
    reranking: Reranking | None = None
    index: IndexWatch = field(default_factory=IndexWatch)
    word_engines: EngineWatch = field(default_factory=EngineWatch)

    async def search_documents(
        self,
        query: Annotated[
            FilledText,
            Field(
                min_length=1,
                max_length=6000,
                description="A question or keywords, e.g. how many days of leave are there",
            ),
        ],
        limit: Annotated[int, Field(ge=1, le=20, description="Most passages.")] = 5,
        collection: Annotated[
            Text | None,
            Field(max_length=100, description="Only this collection, as list_collections names it."),
        ] = None,
        filters: Annotated[
            Filters | None,
            Field(
                description='Metadata it must have, e.g. {"year": 2024, "tags": ["hr", "it"]}; '
                "a list: any of these.",
            ),
        ] = None,
        source: Annotated[
            Text | None,
            Field(max_length=1000, description="Only this document or folder, e.g. handbook/leave.md"),
        ] = None,
        since: Annotated[
            Moment | None,
            Field(description="Only documents changed at or after it."),
        ] = None,
        until: Annotated[
            Moment | None,
            Field(description="Only documents changed before it."),
        ] = None,
        min_similarity: Annotated[
            float | None,
            Field(ge=0, le=1, description="Lowest similarity; leave out."),
        ] = None,
        explain: Annotated[bool, Field(description="Say why each was found.")] = False,
        format: Annotated[
            Form, Field(description="compact: places, one line and token cost of each, without the texts.")
        ] = "full",
    ) -> SearchResult:
        """Find passages of the user's documents that answer a question. Use it first for all they may know.

        Returns passages, to be cited by chunk_id. An empty result says why in hint: the answer is then not in
        the documents. Unknown filters are errors. To find documents by name use list_documents.
        """
        caller = current_caller(self.stdio_caller)
        which = SearchFilter(caller.stored_name(collection), filters or {}, source, since, until)
        outcome = await self.outcome(caller, query, limit, which, min_similarity)
        if outcome.chunks_searched == 0 and which.narrows:
            # Only then can a filter name what is not there: it would let nothing through.
            await self._check(caller, which)
        nothing = NOTHING_MATCHES if which.narrows else NOTHING_OPEN if caller.by_rights else NOTHING_THERE
        compact_for = query if format == "compact" else None
        return search_result(
            outcome, self.token_budget, nothing=nothing, explain=explain, compact_for=compact_for
        )

    async def outcome(
        self,
        caller: Caller,
        query: str,
        limit: int,
        which: SearchFilter,
        min_similarity: float | None = None,
    ) -> SearchOutcome:
        """What is found for a caller, before it is brought to a form."""
        wording = wording_of(query)
        embedded = await self.embedder.embed(wording.question)
        wanted = max(limit, self.reranking.candidates) if self.reranking else limit

        async def find_passages(connection: Connection, access: Access) -> Found:
            return await find(
                connection,
                Question(wording.question, embedded.vector, embedded.model_name, wording.context),
                wanted,
                replace(which, restricted=access.collections is not None),
                index=await self.index.current(connection, embedded.model_name),
                engine=await self.word_engines.current(connection),
            )

        with TRACER.start_as_current_span("search", record_exception=False):
            found = await self.reads.run_with(caller.access, find_passages)
            outcome = await found.outcome(
                wanted, self.threshold if min_similarity is None else min_similarity
            )
        self.embedder.follow(outcome.model_in_use)
        if self.reranking is not None:
            outcome = await self.reranking.of(wording.question, outcome)
            outcome = replace(outcome, hits=outcome.hits[:limit])
        return outcome

    async def _check(self, caller: Caller, which: SearchFilter) -> None:
        """Return when all that a filter names is there. Raises `UnknownFilterError`."""
        named = Named(which.collection, which.metadata or {}, which.source, caller.own_collection)
        await self.reads.run(caller.access, lambda connection: check_names(connection, named))
