"""The best passages ordered anew by a model that reads them with the question."""

import asyncio
import logging
from dataclasses import replace

from knowledge_base.confidence import with_reranker
from knowledge_base.embedding.reranking import Reranker
from knowledge_base.search import SearchOutcome

logger = logging.getLogger("knowledge_base")


async def reranked(
    reranker: Reranker, question: str, outcome: SearchOutcome, *, seconds: float
) -> SearchOutcome:
    """The hits by the reranker's score (0 to 1), and the confidence with that of the best.

    All is as it was when it takes longer than `seconds`.
    """
    texts = ["\n".join([hit.title, *hit.heading_path, hit.content]) for hit in outcome.hits]
    if not texts:
        return outcome
    try:
        async with asyncio.timeout(seconds):
            scores = await asyncio.to_thread(reranker.scores, question, texts)
    except TimeoutError:
        logger.warning("Reranking %d passages took longer than %g seconds.", len(texts), seconds)
        return outcome
    found = [replace(hit, score=score) for hit, score in zip(outcome.hits, scores, strict=True)]
    found.sort(key=lambda hit: -hit.score)
    return replace(outcome, hits=found, confidence=with_reranker(outcome.confidence, found[0].score))
