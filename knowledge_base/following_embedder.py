"""Servers do not wait for their model, and change to another without a pause when the index is replaced."""

import logging
import time
from collections.abc import Callable
from threading import Lock, Thread

from knowledge_base.embedding import Embedder
from knowledge_base.errors import KnowledgeBaseError

logger = logging.getLogger("knowledge_base")

# After a model could not be loaded, in seconds.
PAUSE_AFTER_FAILURE = 60


class FollowingEmbedder:
    """The embedder that searches use; `follow` changes it in the background.

    Whoever searches takes `current` once, so that question and model name belong together. Until `is_loaded`
    questions have no vectors.
    """

    def __init__(self, embedder: Embedder, create: Callable[[str], Embedder]) -> None:
        self.current = embedder
        self.is_loaded = False
        self._create = create
        self._lock = Lock()
        self._loading = False
        self._not_before = 0.0

    def load(self) -> None:
        """Load the first model now, however long it takes. Raises `EmbeddingModelError`."""
        with self._lock:
            self._loading = True
        try:
            self.current.embed_query("ready")
            self.is_loaded = True
        finally:
            self._loading = False

    def follow(self, model_name: str | None) -> None:
        """Load this model, the one of the index now, unless it is there or on its way."""
        with self._lock:
            known = model_name in (None, self.current.model_name)
            if known or self._loading or time.monotonic() < self._not_before:
                return
            self._loading = True
        Thread(target=self._load, args=(model_name,), name="following", daemon=True).start()

    def _load(self, model_name: str) -> None:
        logger.info("The index was replaced; loading %s.", model_name)
        try:
            embedder = self._create(model_name)
            embedder.embed_query("ready")
            self.current, self.is_loaded = embedder, True
        except KnowledgeBaseError as error:
            logger.error("%s", error)
            self._not_before = time.monotonic() + PAUSE_AFTER_FAILURE
        finally:
            self._loading = False
