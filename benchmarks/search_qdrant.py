"""`mcp-server-qdrant` as `search_peers.py` measures it, in the peers' environment."""

import asyncio
import os
from importlib import import_module
from typing import Any

from made_passages import DIMENSIONS, Floats, Made
from search_given import Given

QDRANT_COLLECTION, QDRANT_AT_ONCE = "passages", 500


def serve_qdrant(given: Given) -> None:
    """`mcp-server-qdrant` over streamable HTTP, filled through Qdrant's client.

    Qdrant works inside the process, in memory. Its local mode with a folder searches in the same way, but
    waits for the disk after each passage that is stored.
    """
    settings: Any = import_module("mcp_server_qdrant.settings")
    server: Any = import_module("mcp_server_qdrant.mcp_server").QdrantMCPServer(
        tool_settings=settings.ToolSettings(),
        qdrant_settings=settings.QdrantSettings(
            QDRANT_URL=os.environ["QDRANT_URL"],
            COLLECTION_NAME=QDRANT_COLLECTION,
            QDRANT_ALLOW_ARBITRARY_FILTER=True,
        ),
        embedding_provider=_provider(given.vectors),
    )
    asyncio.run(_serve_qdrant(server, given.made))


async def _serve_qdrant(server: Any, made: Made) -> None:
    connector = server.qdrant_connector
    await connector._ensure_collection_exists(QDRANT_COLLECTION)
    models: Any = import_module("qdrant_client").models
    for block in made.blocks:
        points = [
            models.PointStruct(
                id=block.first + place,
                vector={"given": vector.tolist()},
                payload={"document": text, "metadata": {"number": block.first + place, **about}},
            )
            for place, (text, about, vector) in enumerate(
                zip(block.texts, block.metadata, block.vectors, strict=True)
            )
        ]
        for first in range(0, len(points), QDRANT_AT_ONCE):
            await connector._client.upsert(QDRANT_COLLECTION, points[first : first + QDRANT_AT_ONCE])
    await server.run_http_async(
        transport="streamable-http", host="127.0.0.1", port=int(os.environ["FASTMCP_PORT"])
    )


def _provider(vectors: dict[str, Floats]) -> Any:
    base: Any = import_module("mcp_server_qdrant.embeddings.base").EmbeddingProvider

    async def embed_query(_: Any, query: str) -> list[float]:
        return vectors[query].tolist()

    async def embed_documents(_: Any, texts: list[str]) -> list[list[float]]:
        raise NotImplementedError(texts)

    methods: dict[str, Any] = {
        "embed_query": embed_query,
        "embed_documents": embed_documents,
        "get_vector_name": _vector_name,
        "get_vector_size": _vector_size,
    }
    return type("Given", (base,), methods)()


def _vector_name(_: Any) -> str:
    return "given"


def _vector_size(_: Any) -> int:
    return DIMENSIONS
