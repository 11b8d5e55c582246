"""The best passages ordered anew by a model that reads them with the question."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from knowledge_base.embedding.reranking import Reranker
from knowledge_base.hits import Hit

logger = logging.getLogger("knowledge_base")


async def reranked(reranker: Reranker, question: str, hits: Sequence[Hit], *, seconds: float) -> list[Hit]:
    """The hits by the reranker's score (0 to 1), or as they were when it takes longer than `seconds`."""
    texts = ["\n".join([hit.title, *hit.heading_path, hit.content]) for hit in hits]
    try:
        async with asyncio.timeout(seconds):
            scores = await asyncio.to_thread(reranker.scores, question, texts)
    except TimeoutError:
        logger.warning("Reranking %d passages took longer than %g seconds.", len(hits), seconds)
        return list(hits)
    found = [replace(hit, score=score) for hit, score in zip(hits, scores, strict=True)]
    return sorted(found, key=lambda hit: -hit.score)
