"""The other side of `retrieval.py`, in an environment of its own: retrieval as other libraries document it.

Vectors are looked up, so that all systems search the same ones; everything else is a library's own.
"""

import json
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from retrieval_given import DEPTH, Ask, Given, answers, read_given
from retrieval_references import REFERENCES


def main(name: str, folder: Path, url: str) -> None:
    """Print what the system finds for each question, as JSON."""
    logging.disable(logging.WARNING)
    given = read_given(folder)
    ask = SYSTEMS[name](given, url)
    print(json.dumps(answers(ask, given)))


def langchain_vector(given: Given, url: str) -> Ask:
    """`PGVector`: exact, as it makes no index by itself."""
    store = import_module("langchain_postgres").PGVector(
        embeddings=_langchain_embeddings(given),
        collection_name="passages",
        connection=_with_driver(url, "psycopg"),
        use_jsonb=True,
    )
    store.add_documents(_langchain_documents(given))
    _analyze(url)
    return _langchain_ask(store, lambda _: {})


def langchain_hybrid(given: Given, url: str) -> Ask:
    """`PGVectorStore` with full-text search beside the vectors, joined by reciprocal ranks."""
    library: Any = import_module("langchain_postgres")
    hybrid: Any = import_module("langchain_postgres.v2.hybrid_search_config")
    settings = hybrid.HybridSearchConfig(
        fusion_function=hybrid.reciprocal_rank_fusion,
        fusion_function_parameters={"rrf_k": 60, "fetch_top_k": DEPTH},
        primary_top_k=DEPTH,
        secondary_top_k=DEPTH,
        tsv_column="content_tsv",
    )
    columns = [library.Column("label", "TEXT", nullable=True)]
    engine = library.PGEngine.from_connection_string(url=_with_driver(url, "asyncpg"))
    engine.init_vectorstore_table(
        table_name="passages",
        vector_size=given.vectors.shape[1],
        metadata_columns=columns,
        hybrid_search_config=settings,
    )
    store = library.PGVectorStore.create_sync(
        engine=engine,
        embedding_service=_langchain_embeddings(given),
        table_name="passages",
        metadata_columns=["label"],
        hybrid_search_config=settings,
    )
    store.add_documents(_langchain_documents(given))
    store.apply_hybrid_search_index()
    _analyze(url)

    # The store keeps the words of its first question for all that follow, unless they are given.
    def with_words(question: str) -> dict[str, Any]:
        return {"hybrid_search_config": replace(settings, fts_query=question)}

    return _langchain_ask(store, with_words)


def _langchain_embeddings(given: Given) -> Any:
    base: Any = import_module("langchain_core.embeddings").Embeddings
    # The stores look at the type, so the class must be the library's.
    return type("LookedUp", (base,), {"embed_documents": _each(given), "embed_query": _one(given)})()


def _langchain_documents(given: Given) -> list[Any]:
    document: Any = import_module("langchain_core.documents").Document
    return [
        document(page_content=text, metadata={"number": number, "label": label})
        for number, (text, label) in enumerate(zip(given.texts, given.labels, strict=True))
    ]


def _langchain_ask(store: Any, settings: Callable[[str], dict[str, Any]]) -> Ask:
    def ask(question: str, label: str | None, limit: int) -> list[int]:
        which = {"label": label} if label else None
        found = store.similarity_search(question, k=limit, filter=which, **settings(question))
        return [one.metadata["number"] for one in found]

    return ask


def llama_index_vector(given: Given, url: str) -> Ask:
    """`PGVectorStore` with the HNSW index of its documentation."""
    return _llama_index_ask(_llama_index_store(given, url), given, "default")


def llama_index_hybrid(given: Given, url: str) -> Ask:
    """The same with `hybrid_search=True`; the results as the store orders them."""
    return _llama_index_ask(_llama_index_store(given, url), given, "hybrid")


def llama_index_fusion(given: Given, url: str) -> Ask:
    """The same as its documentation improves it: `QueryFusionRetriever` with relative scores."""
    core: Any = import_module("llama_index.core")
    retrievers: Any = import_module("llama_index.core.retrievers")
    # Neither is asked: the vector of the question is given, and the question is asked as it is.
    unused: Any = import_module("llama_index.core.llms").MockLLM()
    no_embedding: Any = core.MockEmbedding(given.vectors.shape[1])
    store = _llama_index_store(given, url)
    index = core.VectorStoreIndex.from_vector_store(store, embed_model=no_embedding)

    def ask(question: str, label: str | None, limit: int) -> list[int]:
        both = {"similarity_top_k": limit, "filters": _llama_index_filter(label)}
        fusion = retrievers.QueryFusionRetriever(
            [index.as_retriever(vector_store_query_mode=mode, **both) for mode in ("default", "sparse")],
            llm=unused,
            similarity_top_k=limit,
            num_queries=1,
            mode="relative_score",
            use_async=False,
        )
        bundle = core.QueryBundle(question, embedding=given.known[question].tolist())
        return [int(found.node.node_id) for found in fusion.retrieve(bundle)]

    return ask


def _llama_index_store(given: Given, url: str) -> Any:
    node: Any = import_module("llama_index.core.schema").TextNode
    store = import_module("llama_index.vector_stores.postgres").PGVectorStore.from_params(
        connection_string=_with_driver(url, "psycopg2"),
        async_connection_string=_with_driver(url, "asyncpg"),
        embed_dim=given.vectors.shape[1],
        hybrid_search=True,
        hnsw_kwargs={
            "hnsw_m": 16,
            "hnsw_ef_construction": 64,
            "hnsw_ef_search": 40,
            "hnsw_dist_method": "vector_cosine_ops",
        },
    )
    store.add(
        [
            node(text=text, id_=str(number), metadata={"label": label}, embedding=vector.tolist())
            for number, (text, label, vector) in enumerate(
                zip(given.texts, given.labels, given.vectors, strict=True)
            )
        ]
    )
    _analyze(url)
    return store


def _llama_index_ask(store: Any, given: Given, mode: str) -> Ask:
    types: Any = import_module("llama_index.core.vector_stores.types")

    def ask(question: str, label: str | None, limit: int) -> list[int]:
        query = types.VectorStoreQuery(
            query_str=question,
            query_embedding=given.known[question].tolist(),
            similarity_top_k=limit,
            mode=types.VectorStoreQueryMode(mode),
            filters=_llama_index_filter(label),
        )
        return [int(number) for number in store.query(query).ids]

    return ask


def _llama_index_filter(label: str | None) -> Any:
    types: Any = import_module("llama_index.core.vector_stores.types")
    if label is None:
        return None
    return types.MetadataFilters(filters=[types.ExactMatchFilter(key="label", value=label)])


def haystack_hybrid(given: Given, url: str) -> Ask:
    """An embedding and a keyword retriever, joined by reciprocal ranks."""
    haystack: Any = import_module("haystack")
    pgvector: Any = import_module("haystack_integrations.components.retrievers.pgvector")
    joiner: Any = import_module("haystack.components.joiners").DocumentJoiner
    store = import_module("haystack_integrations.document_stores.pgvector").PgvectorDocumentStore(
        connection_string=import_module("haystack.utils").Secret.from_token(url),
        embedding_dimension=given.vectors.shape[1],
    )
    store.write_documents(
        [
            haystack.Document(id=str(number), content=text, meta={"label": label}, embedding=vector.tolist())
            for number, (text, label, vector) in enumerate(
                zip(given.texts, given.labels, given.vectors, strict=True)
            )
        ]
    )
    _analyze(url)
    pipeline = haystack.Pipeline()
    pipeline.add_component("vector", pgvector.PgvectorEmbeddingRetriever(document_store=store))
    pipeline.add_component("keyword", pgvector.PgvectorKeywordRetriever(document_store=store))
    pipeline.add_component("joiner", joiner(join_mode="reciprocal_rank_fusion"))
    pipeline.connect("vector", "joiner")
    pipeline.connect("keyword", "joiner")

    def ask(question: str, label: str | None, limit: int) -> list[int]:
        which = {"field": "meta.label", "operator": "==", "value": label} if label else None
        both = {"top_k": limit, "filters": which}
        result = pipeline.run(
            {
                "vector": {"query_embedding": given.known[question].tolist(), **both},
                "keyword": {"query": question, **both},
                "joiner": {"top_k": limit},
            }
        )
        return [int(document.id) for document in result["joiner"]["documents"]]

    return ask


def txtai_hybrid(given: Given, url: str) -> Ask:
    """`Embeddings` with its own BM25 and Faiss, in memory: it does not use the Postgres at `url`."""
    del url
    embeddings = import_module("txtai").Embeddings(
        method="external", transform=_matrix(given), hybrid=True, content=True
    )
    embeddings.index(
        (number, {"text": text, "label": label}, None)
        for number, (text, label) in enumerate(zip(given.texts, given.labels, strict=True))
    )

    def ask(question: str, label: str | None, limit: int) -> list[int]:
        query = "select id, score from txtai where similar(:question)"
        values = {"question": question}
        if label:
            query += " and label = :label"
            values["label"] = label
        return [int(row["id"]) for row in embeddings.search(query, limit, parameters=values)]

    return ask


def _each(given: Given) -> Callable[[Any, Sequence[str]], list[list[float]]]:
    return lambda _, texts: [given.known[text].tolist() for text in texts]


def _one(given: Given) -> Callable[[Any, str], list[float]]:
    return lambda _, text: given.known[text].tolist()


def _matrix(given: Given) -> Callable[[Sequence[str]], Any]:
    return lambda texts: np.array([given.known[text] for text in texts], dtype=np.float32)


def _with_driver(url: str, driver: str) -> str:
    return url.replace("postgresql://", f"postgresql+{driver}://")


def _analyze(url: str) -> None:
    # Sooner or later the server does it by itself: no system shall depend on when.
    with import_module("psycopg").connect(url, autocommit=True) as connection:
        connection.execute("analyze")


SYSTEMS: dict[str, Callable[[Given, str], Ask]] = {
    "langchain-postgres vector": langchain_vector,
    "langchain-postgres hybrid": langchain_hybrid,
    "llama-index vector": llama_index_vector,
    "llama-index hybrid": llama_index_hybrid,
    "llama-index fusion": llama_index_fusion,
    "haystack hybrid": haystack_hybrid,
    "txtai hybrid": txtai_hybrid,
    **REFERENCES,
}

if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
