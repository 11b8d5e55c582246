"""The other side of `search_peers.py`, in an environment of its own: search as other libraries document it.

Tables are made by each library itself and filled by COPY, because their own ways of writing take many
minutes; what is measured is searching. Vectors of questions are given: all search with the same ones.
"""

import asyncio
import logging
import sys
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from made_passages import DIMENSIONS, FILTERS, Made
from search_filling import analyze, copied, size
from search_given import LIMIT, Given, Question, System, read_given, say, serve
from search_qdrant import serve_qdrant

TABLE = "passages"
# Both libraries' documentation names these; they are pgvector's own defaults.
HNSW_M, HNSW_EF_CONSTRUCTION, HNSW_EF_SEARCH = 16, 64, 40
# The limit in memory has OwFlex's parameters.
MEMORY_M, MEMORY_EF_CONSTRUCTION, MEMORY_EF_SEARCH = 16, 200, 200

Open = Callable[[Given, str], AbstractAsyncContextManager[System]]


@asynccontextmanager
async def langchain(given: Given, url: str, *, indexed: bool) -> AsyncGenerator[System]:
    """`PGVectorStore`, its asynchronous way; filters are columns of its table, as documented."""
    library: Any = import_module("langchain_postgres")
    base: Any = import_module("langchain_core.embeddings").Embeddings
    # It insists on a model, and asks it for nothing here: the vectors of questions are given.
    unused: dict[str, Any] = {"embed_documents": _unasked, "embed_query": _unasked}
    engine = library.PGEngine.from_connection_string(url=_with_driver(url, "asyncpg"))
    await engine.ainit_vectorstore_table(
        table_name=TABLE,
        vector_size=DIMENSIONS,
        metadata_columns=[library.Column(name, "TEXT") for name in FILTERS],
    )
    columns = ("langchain_id", "content", "embedding", *FILTERS)
    setup = copied(
        url, TABLE, columns, ("uuid", "text", "vector", *["text"] * len(FILTERS)), _rows(given.made)
    )
    store = await library.PGVectorStore.create(
        engine=engine,
        embedding_service=type("Given", (base,), unused)(),
        table_name=TABLE,
        metadata_columns=list(FILTERS),
    )
    if indexed:
        began = time.perf_counter()
        await store.aapply_vector_index(import_module("langchain_postgres.v2.indexes").HNSWIndex())
        setup["index_seconds"] = time.perf_counter() - began
    analyze(url)

    async def ask(question: Question, which: str | None, client: int) -> list[int]:
        del client
        found = await store.asimilarity_search_by_vector(
            question.vector.tolist(), k=LIMIT, filter={which: "yes"} if which else None
        )
        return [uuid.UUID(str(one.id)).int for one in found]

    yield System(ask, setup=setup | size(url))
    await engine.close()


@asynccontextmanager
async def llama_index(given: Given, url: str, *, indexed: bool) -> AsyncGenerator[System]:
    """`PGVectorStore`, its asynchronous way; with `hnsw_kwargs` of its documentation, or without."""
    store = _llama_index_store(url, {})
    store._initialize()
    columns = ("text", "metadata_", "node_id", "embedding")
    setup = copied(url, f"data_{TABLE}", columns, ("text", "json", "text", "vector"), _nodes(given.made))
    if indexed:
        began = time.perf_counter()
        store = _llama_index_store(
            url,
            {
                "hnsw_kwargs": {
                    "hnsw_m": HNSW_M,
                    "hnsw_ef_construction": HNSW_EF_CONSTRUCTION,
                    "hnsw_ef_search": HNSW_EF_SEARCH,
                    "hnsw_dist_method": "vector_cosine_ops",
                }
            },
        )
        store._initialize()
        setup["index_seconds"] = time.perf_counter() - began
    analyze(url)
    types: Any = import_module("llama_index.core.vector_stores.types")

    async def ask(question: Question, which: str | None, client: int) -> list[int]:
        del client
        filters = which and types.MetadataFilters(filters=[types.ExactMatchFilter(key=which, value="yes")])
        query = types.VectorStoreQuery(
            query_embedding=question.vector.tolist(), similarity_top_k=LIMIT, filters=filters
        )
        return [int(number) for number in (await store.aquery(query)).ids]

    yield System(ask, setup=setup | size(url))
    await store.close()


def _llama_index_store(url: str, more: dict[str, Any]) -> Any:
    return import_module("llama_index.vector_stores.postgres").PGVectorStore.from_params(
        connection_string=_with_driver(url, "psycopg2"),
        async_connection_string=_with_driver(url, "asyncpg"),
        table_name=TABLE,
        embed_dim=DIMENSIONS,
        **more,
    )


@asynccontextmanager
async def usearch(given: Given, url: str) -> AsyncGenerator[System]:
    """HNSW in the memory of this process, nothing else: the limit. Its Python has no filters."""
    del url
    index = import_module("usearch.index").Index(
        ndim=DIMENSIONS,
        metric="cos",
        dtype="f16",
        connectivity=MEMORY_M,
        expansion_add=MEMORY_EF_CONSTRUCTION,
        expansion_search=MEMORY_EF_SEARCH,
    )
    began = time.perf_counter()
    index.add(np.arange(given.made.size), given.made.vectors())
    setup = {"index_seconds": time.perf_counter() - began, "bytes": float(index.memory_usage)}

    async def ask(question: Question, which: str | None, client: int) -> list[int]:
        del which, client
        found = await asyncio.to_thread(index.search, question.vector, LIMIT, threads=1)
        return [int(key) for key in found.keys]

    yield System(ask, filters=False, setup=setup)


@asynccontextmanager
async def exact(given: Given, url: str) -> AsyncGenerator[System]:
    """Every vector compared, in memory, by one matrix product: what an index has to beat."""
    del url
    vectors = given.made.vectors()
    allowed = {name: vectors_allowed(given.made, name) for name in FILTERS}

    def best(question: Question, which: str | None) -> list[int]:
        numbers = allowed[which] if which else None
        similarity = (vectors if numbers is None else vectors[numbers]) @ question.vector
        order = np.argsort(-similarity)[:LIMIT]
        return (order if numbers is None else numbers[order]).tolist()

    async def ask(question: Question, which: str | None, client: int) -> list[int]:
        del client
        return await asyncio.to_thread(best, question, which)

    yield System(ask, setup={"bytes": float(vectors.nbytes)})


def vectors_allowed(made: Made, name: str) -> Any:
    """Numbers of the passages that a filter lets through, in order."""
    return np.array(
        [
            block.first + place
            for block in made.blocks
            for place, about in enumerate(block.metadata)
            if about[name] == "yes"
        ],
        dtype=np.int64,
    )


def _unasked(_: Any, texts: Any) -> Any:
    raise NotImplementedError(texts)


def _rows(made: Made) -> Iterator[tuple[Any, ...]]:
    for block in made.blocks:
        for place, (text, about) in enumerate(zip(block.texts, block.metadata, strict=True)):
            yield uuid.UUID(int=block.first + place), text, block.vectors[place], *about.values()


def _nodes(made: Made) -> Iterator[tuple[Any, ...]]:
    node: Any = import_module("llama_index.core.schema").TextNode
    metadata_of: Any = import_module("llama_index.core.vector_stores.utils").node_to_metadata_dict
    for block in made.blocks:
        for place, (text, about) in enumerate(zip(block.texts, block.metadata, strict=True)):
            number = str(block.first + place)
            metadata = metadata_of(node(text=text, id_=number, metadata=about), remove_text=True)
            yield text, metadata, number, block.vectors[place]


def _with_driver(url: str, driver: str) -> str:
    return url.replace("postgresql://", f"postgresql+{driver}://")


SYSTEMS: dict[str, Open] = {
    "langchain": partial(langchain, indexed=False),
    "langchain-hnsw": partial(langchain, indexed=True),
    "llama-index": partial(llama_index, indexed=False),
    "llama-index-hnsw": partial(llama_index, indexed=True),
    "usearch": usearch,
    "exact": exact,
}


async def _serve(name: str, given: Given, url: str) -> None:
    async with SYSTEMS[name](given, url) as system:
        await serve(system, given)


def main(name: str, file: Path, url: str) -> None:
    """Be one of the systems; where its library is missing, say so."""
    logging.disable(logging.WARNING)
    try:
        if name == "qdrant-server":
            serve_qdrant(read_given(file))
        else:
            asyncio.run(_serve(name, read_given(file), url))
    except ModuleNotFoundError as error:
        say({"skipped": f"the peers' environment has no {error.name}"})


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "")
