"""What the tools of one run returned: which passages may be cited, and whether any tool was asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chatkit.types import Annotation, EntitySource

from agent_service.tools.schemas import SEARCH, TASK_TOOLS, Passage, search_result_in


@dataclass(frozen=True)
class ShownFiles:
    """The attached files that the model got to see: with this question, and the names of earlier ones."""

    with_question: bool = False
    earlier: frozenset[str] = frozenset()


class Evidence:
    """Collects a run's tool results. The first chunk that is cited gets the number 1, the next one 2.

    `found` is what the same run found before it paused, `files` what the user attached.
    """

    def __init__(self, found: Iterable[Passage] = (), files: ShownFiles | None = None) -> None:
        self.files = files or ShownFiles()
        self.tool_calls = 0
        self.tools_used: set[str] = set()
        self.confidence: float | None = None
        self.task_results: list[tuple[str, Mapping[str, Any]]] = []
        self._passages = {passage.chunk_id: passage for passage in found}
        self._numbers: dict[int, int] = {}

    def add(self, tool_name: str, structured: Mapping[str, Any] | None) -> int:
        """Take in a tool's structured result; returns how many passages it brought."""
        self.tools_used.add(tool_name)
        if tool_name in TASK_TOOLS and structured is not None:
            self.task_results.append((tool_name, structured))
        found = search_result_in(structured) if tool_name == SEARCH else None
        if found is None:
            return 0
        for passage in found.results:
            self._passages[passage.chunk_id] = passage
        if found.confidence is not None:
            self.confidence = max(found.confidence, self.confidence or 0.0)
        return len(found.results)

    @property
    def passages(self) -> list[Passage]:
        """All passages in the order of their finding."""
        return list(self._passages.values())

    @property
    def uncited(self) -> list[Passage]:
        """The passages that no sentence rests on, in the order of their finding."""
        return [passage for chunk_id, passage in self._passages.items() if chunk_id not in self._numbers]

    @property
    def chunk_ids(self) -> set[int]:
        """The chunks that may be cited."""
        return set(self._passages)

    def begin_anew(self) -> None:
        """Count citations from 1 again: everything that was said so far has been taken back."""
        self._numbers.clear()

    def annotation(self, chunk_id: int, index: int) -> Annotation | None:
        """The citation of a chunk behind the first `index` characters; None when no tool returned it."""
        passage = self._passages.get(chunk_id)
        if passage is None:
            return None
        number = self._numbers.setdefault(chunk_id, len(self._numbers) + 1)
        return Annotation(source=_source(passage, number), index=index)


def _source(passage: Passage, number: int) -> EntitySource:
    path = " › ".join(passage.heading_path)
    data = {
        "document_id": str(passage.document_id),
        "source": passage.source,
        "heading_path": path,
        "page": None if passage.page is None else str(passage.page),
        "position": str(passage.position),
        "passage": passage.text,
        "similarity": f"{passage.similarity:.3f}",
    }
    return EntitySource(
        id=str(passage.chunk_id),
        title=passage.title,
        description=path or None,
        icon="document",
        label=passage.source,
        inline_label=str(number),
        interactive=True,
        data={name: value for name, value in data.items() if value is not None},
    )
