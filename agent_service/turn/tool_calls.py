"""The tool calls of a run: shown in the chat as the steps of a workflow, their results kept as evidence."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from agents import Agent, ModelResponse, RunContextWrapper, RunHooks, Tool
from agents.tool_context import ToolContext
from chatkit.icons import IconName
from chatkit.types import (
    Annotation,
    CustomTask,
    EntitySource,
    ThreadItemAddedEvent,
    ThreadItemUpdatedEvent,
    Workflow,
    WorkflowItem,
    WorkflowTaskAdded,
    WorkflowTaskUpdated,
)

from agent_service.context import RunContext
from agent_service.foreign.naming import is_foreign, server_of, spoken
from agent_service.i18n.catalog import knows, say
from agent_service.tools.schemas import (
    READ_CHUNKS,
    SEARCH,
    TASK_TOOLS,
    Passage,
    Searched,
    neighbours_in,
    search_result_in,
)
from agent_service.wishes.judging import Judge

MAX_DETAIL_CHARACTERS = 120

ICONS: dict[str, IconName] = {
    "search_documents": "search",
    "get_document": "document",
    "read_chunks": "document",
    "list_collections": "document",
    "list_documents": "document",
    "add_task": "plus",
    "list_tasks": "notebook",
    "complete_task": "check",
    "update_task": "write",
    "undo_task_change": "reload",
}

# Told the name of each tool whose call has ended, and whether it worked.
NoteTool = Callable[[str, bool], None]


@dataclass(frozen=True)
class ShownFiles:
    """The attached files that the model got to see: with this question, and the names of earlier ones."""

    with_question: bool = False
    earlier: frozenset[str] = frozenset()


class Evidence:
    """Collects a run's tool results. The first chunk that is cited gets the number 1, the next one 2.

    `has_result` says that a tool has brought what an answer can rest on. A task that could not be changed is
    such a result; a failed search is none.

    `found` is what the same run found before it paused, `files` what the user attached. `searched_by_words`
    is the last search that could not compare everything by meaning; `corrected` are the words that were
    searched in the place of others, which no passage has.
    """

    def __init__(self, found: Iterable[Passage] = (), files: ShownFiles | None = None) -> None:
        self.files = files or ShownFiles()
        self.tool_calls = 0
        self.has_result = False
        self.tools_used: set[str] = set()
        self.confidence: float | None = None
        self.searched_by_words: Searched | None = None
        self.corrected: dict[str, str] = {}
        self.task_results: list[tuple[str, Mapping[str, Any]]] = []
        self._passages = {passage.chunk_id: passage for passage in found}
        self._numbers: dict[int, int] = {}

    def add(self, tool_name: str, structured: Mapping[str, Any] | None) -> int:
        """Take in a tool's structured result; returns how many passages it brought."""
        self.tools_used.add(tool_name)
        if is_foreign(tool_name):
            return 0
        self.has_result = self.has_result or structured is not None or tool_name in TASK_TOOLS
        if tool_name in TASK_TOOLS and structured is not None:
            self.task_results.append((tool_name, structured))
        read = neighbours_in(structured) if tool_name == READ_CHUNKS else None
        if read is not None:
            # What a search found stays as it was found: with its similarity.
            self._passages = {passage.chunk_id: passage for passage in read.passages} | self._passages
        found = search_result_in(structured) if tool_name == SEARCH else None
        if found is None:
            return 0
        for passage in found.results:
            self._passages[passage.chunk_id] = passage
        if found.searched.waits_for is not None:
            self.searched_by_words = found.searched
        self.corrected |= found.searched.corrected
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


class Steps(RunHooks[RunContext]):
    """Shows each tool call of a run as a step, and keeps what it returned as evidence.

    `judge` is told what tools have brought, and which calls have failed.
    """

    def __init__(
        self,
        evidence: Evidence,
        note_tool: NoteTool | None = None,
        judge: Judge | None = None,
    ) -> None:
        self._evidence = evidence
        self._note_tool = note_tool
        self._judge = judge or Judge()
        self._places: dict[str, tuple[WorkflowItem, int]] = {}

    async def on_llm_end(
        self, context: RunContextWrapper[RunContext], agent: Agent[RunContext], response: ModelResponse
    ) -> None:
        """Count the tool calls the model asks for."""
        self._evidence.tool_calls += sum(item.type == "function_call" for item in response.output)

    async def on_tool_start(
        self, context: RunContextWrapper[RunContext], agent: Agent[RunContext], tool: Tool
    ) -> None:
        """Add a step."""
        if isinstance(context, ToolContext):
            await self.begin(context.context, context.tool_call_id, tool.name, _json(context.tool_arguments))

    async def on_tool_end(
        self, context: RunContextWrapper[RunContext], agent: Agent[RunContext], tool: Tool, result: object
    ) -> None:
        """Mark the step as ended."""
        if isinstance(context, ToolContext):
            await self.end(context.context, context.tool_call_id, tool.name, _json(result))

    async def begin(
        self, turn: RunContext, call_id: str, tool_name: str, arguments: Mapping[str, Any] | None
    ) -> None:
        """Show a call that begins."""
        title = _title(turn.request_context.locale, tool_name, "begun")
        icon = ICONS.get(tool_name, "bolt")
        about = (arguments or {}).get("query") or (arguments or {}).get("title") or ""
        task = CustomTask(
            title=title,
            icon=icon,
            content=str(about)[:MAX_DETAIL_CHARACTERS] or None,
            status_indicator="loading",
        )
        self._places[call_id] = await _append(turn, task)

    async def end(
        self, turn: RunContext, call_id: str, tool_name: str, content: Mapping[str, Any] | None
    ) -> None:
        """Take in what a call returned (None: an error), and show that it has ended."""
        found = self._evidence.add(tool_name, content)
        if self._note_tool is not None:
            self._note_tool(server_of(tool_name), content is not None)
        if not is_foreign(tool_name):
            self._judge.has_read(tool_name, content)
        if content is None:
            self._judge.forget(call_id)
        if call_id not in self._places:
            return
        workflow, index = self._places.pop(call_id)
        title = _end_title(turn.request_context.locale, tool_name, content, found)
        task = workflow.workflow.tasks[index].model_copy(
            update={"title": title, "status_indicator": "complete"}
        )
        workflow.workflow.tasks[index] = task
        if turn.workflow_item is not None and turn.workflow_item.id == workflow.id:
            updated = WorkflowTaskUpdated(task=task, task_index=index)
            await turn.stream(ThreadItemUpdatedEvent(item_id=workflow.id, update=updated))


async def _append(turn: RunContext, task: CustomTask) -> tuple[WorkflowItem, int]:
    """Put the task into the turn's workflow; returns the workflow and the task's place in it."""
    workflow = turn.workflow_item
    if workflow is None:
        workflow = WorkflowItem(
            id=turn.generate_id("workflow"),
            created_at=datetime.now(),  # noqa: DTZ005 - the protocol's times are naive
            workflow=Workflow(type="custom", tasks=[task]),
            thread_id=turn.thread.id,
        )
        turn.workflow_item = workflow
        await turn.stream(ThreadItemAddedEvent(item=workflow))
        return workflow, 0
    tasks = workflow.workflow.tasks
    tasks.append(task)
    added = WorkflowTaskAdded(task=task, task_index=len(tasks) - 1)
    await turn.stream(ThreadItemUpdatedEvent(item_id=workflow.id, update=added))
    return workflow, len(tasks) - 1


def _title(locale: str, tool_name: str, state: Literal["begun", "done"]) -> str:
    key = f"step.{tool_name}.{state}"
    tool = spoken(tool_name) if is_foreign(tool_name) else tool_name
    return say(locale, key if knows(key) else f"step.other.{state}", tool=tool)


def _end_title(locale: str, tool_name: str, content: Mapping[str, Any] | None, found: int) -> str:
    if content is None:
        return say(locale, "step.failed", begun=_title(locale, tool_name, "begun"))
    done = _title(locale, tool_name, "done")
    if tool_name != SEARCH:
        return done
    result = search_result_in(content)
    # What is beside the point is not told as found: the answer says that there is nothing.
    counted = 0 if result is not None and result.is_beside_the_point else found
    form = {0: "none", 1: "one"}.get(counted, "many")
    return say(locale, f"step.found.{form}", done=done, number=found)


def _json(text: object) -> Mapping[str, Any] | None:
    """The JSON object in a text; None when it is something else."""
    try:
        value: object = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return cast(Mapping[str, Any], value) if isinstance(value, dict) else None


def _source(passage: Passage, number: int) -> EntitySource:
    path = " › ".join(passage.heading_path)
    data = {
        "document_id": str(passage.document_id),
        "source": passage.source,
        "heading_path": path,
        "page": None if passage.page is None else str(passage.page),
        "position": str(passage.position),
        "passage": passage.text,
        "similarity": None if passage.similarity_is_estimated else f"{passage.similarity:.3f}",
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
