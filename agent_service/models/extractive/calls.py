"""The tools as a reply uses them: what a call brought, or the wish to make it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agent_service.models.extractive.conversation import ToolAnswer
from agent_service.tools.schemas import (
    LIST_COLLECTIONS,
    LIST_DOCUMENTS,
    MAX_QUERY_CHARACTERS,
    READ_CHUNKS,
    SEARCH,
    CollectionList,
    DocumentList,
    Neighbours,
    SearchResult,
    Task,
    TaskList,
)

PASSAGES = 8
MAX_TASKS = 200
Content = TypeVar("Content", bound=BaseModel)


class CallNeeded(Exception):  # noqa: N818 - it is no error: the next step of the answer
    """A reply needs what this call brings."""

    def __init__(self, name: str, arguments: Mapping[str, Any]) -> None:
        super().__init__(name)
        self.name = name
        self.arguments = arguments


class CallFailedError(Exception):
    """A call brought nothing to go on with; `what` is the key of the sentence about it."""

    def __init__(self, what: str, answer: ToolAnswer) -> None:
        super().__init__(what)
        self.what = what
        self.answer = answer


class Calls:
    """The calls of a turn. A reply is written anew from its beginning after each call, as far as it gets.

    Each answer is used once, so that a call that is made twice has two answers; `made` counts those used.
    """

    def __init__(self, answers: Sequence[ToolAnswer]) -> None:
        self._left = list(answers)
        self._collections: CollectionList | None = None
        self.made = 0
        self._has_searched = False

    def answer(self, name: str, **arguments: Any) -> ToolAnswer:
        """What the call brought. Raises `CallNeeded` when it has not been made."""
        for place, answer in enumerate(self._left):
            if answer.name == name and answer.arguments == arguments:
                self.made += 1
                return self._left.pop(place)
        raise CallNeeded(name, arguments)

    def search(self, query: str, limit: int = PASSAGES, **place: Any) -> SearchResult:
        """The passages found. Raises `CallNeeded` and `CallFailedError`."""
        words = " ".join(query.split())[:MAX_QUERY_CHARACTERS]
        first, self._has_searched = not self._has_searched, True
        try:
            answer = self.answer(SEARCH, query=words, limit=limit, **place)
        except CallNeeded:
            answer = self._of_another_model() if first else None
            if answer is None:
                raise
        return _read(SearchResult, answer, "failed_search")

    def _of_another_model(self) -> ToolAnswer | None:
        """The search of a model that broke off: what it asked for is not asked again."""
        found = next((answer for answer in self._left if answer.name == SEARCH), None)
        if found is not None:
            self._left.remove(found)
        return found

    def around(self, chunk_id: int, *, before: int, after: int) -> Neighbours:
        """The passages around one. Raises `CallNeeded` and `CallFailedError`."""
        answer = self.answer(READ_CHUNKS, chunk_id=chunk_id, before=before, after=after)
        return _read(Neighbours, answer, "failed_search")

    def documents(self, **which: Any) -> DocumentList:
        """The documents listed. Raises `CallNeeded` and `CallFailedError`."""
        return _read(DocumentList, self.answer(LIST_DOCUMENTS, **which), "failed_list")

    def collections(self) -> CollectionList:
        """The collections. Raises `CallNeeded` and `CallFailedError`."""
        if self._collections is None:
            self._collections = _read(CollectionList, self.answer(LIST_COLLECTIONS), "failed_list")
        return self._collections

    def tasks(self, **which: Any) -> TaskList:
        """The user's tasks. Raises `CallNeeded` and `CallFailedError`."""
        return _read(TaskList, self.answer("list_tasks", **which), "failed_tasks")

    def task(self, name: str, **arguments: Any) -> Task:
        """The task that a call added or changed. Raises `CallNeeded` and `CallFailedError`."""
        return _read(Task, self.answer(name, **arguments), "failed")


def _read(kind: type[Content], answer: ToolAnswer, what: str) -> Content:
    try:
        return kind.model_validate(answer.content)
    except ValidationError:
        raise CallFailedError(what, answer) from None
