"""Changes that a subscriber has not been told of yet, brought together so that they stay few."""

import asyncio

from knowledge_base.changes import MISSED, Changes

# Of one collection so many ids are remembered; beyond, all of its documents may have changed.
MAX_IDS = 2000


class PendingChanges:
    """What changed since `take`. However much is added, and however slow its reader is, it stays small."""

    def __init__(self) -> None:
        self._documents: dict[str, frozenset[int] | None] = {}
        self._uploads: frozenset[int] = frozenset()
        self._missed = False
        self._added = asyncio.Event()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not self._added.is_set()

    def add(self, changes: Changes) -> None:
        """Remember these."""
        for collection, ids in changes.documents.items():
            known = self._documents.get(collection, frozenset[int]())
            both = None if known is None or ids is None else known | ids
            self._documents[collection] = None if both is None or len(both) > MAX_IDS else both
        self._uploads |= changes.uploads
        too_many = max(len(self._documents), len(self._uploads)) > MAX_IDS
        self._missed = self._missed or changes.missed or too_many
        if self._missed:
            self._documents, self._uploads = {}, frozenset()
        self._added.set()

    async def wait(self) -> None:
        """Until there is something."""
        await self._added.wait()

    def take(self) -> Changes:
        """What there is, which is then told."""
        taken = MISSED if self._missed else Changes(self._documents, self._uploads)
        self._documents, self._uploads, self._missed = {}, frozenset(), False
        self._added.clear()
        return taken
