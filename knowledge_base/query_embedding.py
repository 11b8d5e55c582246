"""Vectors of questions for a server with many callers: remembered, and computed together."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from opentelemetry import trace

from knowledge_base.embedding import Embedder, Vectors
from knowledge_base.following_embedder import FollowingEmbedder

# Without a collector this is a tracer that does nothing.
TRACER = trace.get_tracer("owflex.knowledge_base")
REMEMBERED = 1_000
# The first of a batch waits for the last: more at once would make it wait noticeably.
AT_ONCE = 16


@dataclass(frozen=True)
class EmbeddedQuery:
    """A question's vector, and the model that made it; without a vector while that is loading."""

    vector: Vectors | None
    model_name: str


class QueryEmbedder:
    """Embeds questions in a thread of its own; one event loop uses it.

    Questions that arrive while others are computed wait, and go together next. The same question asked twice
    is computed once.
    """

    def __init__(self, following: FollowingEmbedder, *, remembered: int = REMEMBERED) -> None:
        self._following = following
        self._remembered = remembered
        self._memory: OrderedDict[tuple[str, str], EmbeddedQuery] = OrderedDict()
        self._queue: deque[str] = deque()
        self._answers: dict[str, asyncio.Future[EmbeddedQuery]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="questions")
        self._work: asyncio.Task[None] | None = None

    async def embed(self, text: str) -> EmbeddedQuery:
        """The question's vector by the model in use, or none while that is loading.

        Whoever is cancelled while waiting takes nothing from others with the same question.
        """
        if not self._following.is_loaded:
            return EmbeddedQuery(None, self._following.current.model_name)
        known = self._known(self._following.current.model_name, text)
        if known is not None:
            return known
        with TRACER.start_as_current_span("embed question", record_exception=False):
            return await self._computed(text)

    def follow(self, model_name: str | None) -> None:
        """Change to this model, the one of the index now, in the background."""
        self._following.follow(model_name)

    async def _computed(self, text: str) -> EmbeddedQuery:
        if text not in self._answers:
            self._answers[text] = _new_future()
            self._queue.append(text)
        answer = self._answers[text]
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._compute_all())
        return await asyncio.shield(answer)

    async def _compute_all(self) -> None:
        while self._queue:
            texts = [self._queue.popleft() for _ in range(min(AT_ONCE, len(self._queue)))]
            try:
                await self._compute(texts)
            finally:
                # Only a stopped server leaves any without an answer.
                for text in texts:
                    self._answers.pop(text).cancel()

    async def _compute(self, texts: Sequence[str]) -> None:
        embedder = self._following.current
        loop = asyncio.get_running_loop()
        try:
            vectors = await loop.run_in_executor(self._thread, _embed, embedder, texts)
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits for it
            for text in texts:
                self._answers[text].set_exception(error)
            return
        for text, vector in zip(texts, vectors, strict=True):
            embedded = EmbeddedQuery(vector, embedder.model_name)
            self._remember(text, embedded)
            self._answers[text].set_result(embedded)

    def _known(self, model_name: str, text: str) -> EmbeddedQuery | None:
        known = self._memory.get((model_name, text))
        if known is not None:
            self._memory.move_to_end((model_name, text))
        return known

    def _remember(self, text: str, embedded: EmbeddedQuery) -> None:
        self._memory[embedded.model_name, text] = embedded
        while len(self._memory) > self._remembered:
            self._memory.popitem(last=False)


def _embed(embedder: Embedder, texts: Sequence[str]) -> list[Vectors]:
    # Copies: one vector that is remembered must not keep the others of its batch in memory.
    return [vector.copy() for vector in embedder.embed_queries(texts)]


def _new_future() -> asyncio.Future[EmbeddedQuery]:
    future: asyncio.Future[EmbeddedQuery] = asyncio.get_running_loop().create_future()
    # Looked at here too: when all who asked have gone, nobody else would, and asyncio would complain.
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future
