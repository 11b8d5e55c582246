"""The other side of `ingest.py`, in an environment of its own: ingestion as other libraries document it."""

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Brings the passages into a database and returns the seconds; tables are made before, which costs no time.
Bring = Callable[[list[str], str], float]


def main(name: str, model: str, passages: Path) -> None:
    """Ingest the passages into each database whose URL comes in."""
    texts = json.loads(passages.read_text(encoding="utf-8"))
    started = time.perf_counter()
    bring = {"langchain-postgres": langchain, "llama-index": llama_index}[name](model)
    start = time.perf_counter() - started
    print(json.dumps({"start": start, "notes": f"torch {version('torch')}"}), flush=True)
    for line in sys.stdin:
        print(json.dumps({"seconds": bring(texts, line.strip())}), flush=True)


def langchain(model: str) -> Bring:
    """`PGVector.add_documents` with `HuggingFaceEmbeddings`."""
    document: Any = import_module("langchain_core.documents").Document
    embeddings: Any = import_module("langchain_huggingface").HuggingFaceEmbeddings(model_name=model)
    embeddings.embed_query("ready")

    def bring(texts: list[str], url: str) -> float:
        store = import_module("langchain_postgres").PGVector(
            embeddings=embeddings,
            collection_name="passages",
            connection=url.replace("postgresql://", "postgresql+psycopg://"),
            use_jsonb=True,
        )
        documents = [
            document(page_content=text, metadata={"id": number}) for number, text in enumerate(texts)
        ]
        started = time.perf_counter()
        store.add_documents(documents, ids=[one.metadata["id"] for one in documents])
        return time.perf_counter() - started

    return bring


def llama_index(model: str) -> Bring:
    """`VectorStoreIndex` over a `PGVectorStore` with `HuggingFaceEmbedding`."""
    core: Any = import_module("llama_index.core")
    node: Any = import_module("llama_index.core.schema").TextNode
    store: Any = import_module("llama_index.vector_stores.postgres").PGVectorStore
    embedding: Any = import_module("llama_index.embeddings.huggingface").HuggingFaceEmbedding(
        model_name=model
    )
    dimensions = len(embedding.get_text_embedding("ready"))

    def bring(texts: list[str], url: str) -> float:
        vectors = store.from_params(
            connection_string=url.replace("postgresql://", "postgresql+psycopg2://"),
            async_connection_string=url.replace("postgresql://", "postgresql+asyncpg://"),
            embed_dim=dimensions,
        )
        context = core.StorageContext.from_defaults(vector_store=vectors)
        nodes = [node(text=text) for text in texts]
        started = time.perf_counter()
        core.VectorStoreIndex(nodes, storage_context=context, embed_model=embedding)
        return time.perf_counter() - started

    return bring


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
