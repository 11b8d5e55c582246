"""The model that answers when no language model is set up: it searches, quotes and keeps tasks, no more."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, assert_never

from agents import Model, ModelResponse, Usage
from agents.items import TResponseStreamEvent
from pydantic import ValidationError

from agent_service.models.extractive import model_events, task_replies
from agent_service.models.extractive.attached_text import NO_IMAGES, attached_reply
from agent_service.models.extractive.conversation import Conversation, ToolAnswer, read_conversation
from agent_service.models.extractive.follow_ups import carried_over, needs_the_one_before, own_terms
from agent_service.models.extractive.overview import asks_for_documents, documents_listed
from agent_service.models.extractive.search_replies import (
    FOUND_TOGETHER,
    found_reply,
    is_confident,
    result_terms,
)
from agent_service.models.extractive.small_talk import small_talk
from agent_service.models.extractive.task_sentences import (
    AddTask,
    ChangeTask,
    Command,
    ListTasks,
    Unclear,
    read_command,
)
from agent_service.tools.for_people import for_people
from agent_service.tools.run_server import DENIED
from agent_service.tools.schemas import LIST_DOCUMENTS, SEARCH, DocumentList, SearchResult, Task, TaskList

NAME = "extractive"
MAX_QUERY_CHARACTERS = 6000
PASSAGES = 8
MAX_TASKS = 200

EMPTY = "What would you like to know? Ask a question about your documents, or say “show my tasks”."


@dataclass(frozen=True)
class CallTool:
    """The next step is a tool call."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Say:
    """The next step is the answer."""

    text: str


Step = CallTool | Say


def _today() -> date:
    return datetime.now().astimezone().date()


class ExtractiveModel(Model):
    """A `Model` without a language model behind it; it calls the tools of the run like any other."""

    def __init__(self, today: Callable[[], date] = _today) -> None:
        self._today = today

    async def get_response(self, system_instructions: Any, input: Any, *_: Any, **__: Any) -> ModelResponse:
        """The next step as a whole response."""
        return ModelResponse(output=[self._item(input)], usage=Usage(), response_id=None)

    async def stream_response(
        self, system_instructions: Any, input: Any, *_: Any, **__: Any
    ) -> AsyncIterator[TResponseStreamEvent]:
        """The next step as stream events, an answer word by word."""
        async for event in model_events.stream_item(self._item(input), NAME):
            yield event

    def _item(self, input: Any) -> model_events.OutputItem:
        step = next_step(read_conversation(input), self._today())
        if isinstance(step, CallTool):
            return model_events.tool_call(step.name, step.arguments)
        return model_events.message(step.text)


def next_step(conversation: Conversation, today: date) -> Step:
    """What to do now: decided by the user's sentence and the tool answers so far, never by document text."""
    command = read_command(conversation.question, today)
    if command is None or _is_no_command_after_all(command, conversation, today):
        return _next_step_of_search(conversation, today)
    return _next_step_of_command(command, conversation.answers, today)


def _next_step_of_search(conversation: Conversation, today: date) -> Step:
    searches = [answer for answer in conversation.answers if answer.name == SEARCH]
    if searches:
        return _next_step_after_search(searches, conversation, today)
    question = conversation.question.strip().rstrip("?!. ")
    if conversation.files:
        return Say(attached_reply(question, conversation.files, sent_now=True) or EMPTY)
    if conversation.has_images:
        return Say(NO_IMAGES)
    reply = small_talk(question)
    if reply is not None:
        return Say(reply)
    if asks_for_documents(question):
        return _overview_step(conversation.answers)
    return _search(_query(conversation))


def _next_step_after_search(searches: list[ToolAnswer], conversation: Conversation, today: date) -> Step:
    """A second search when a follow-up lacks words or found little alone; then the better one's answer."""
    alone = _search_result(searches[0])
    if alone is None:
        return Say(_failed("The search in the documents did not work", searches[0]))
    if not is_confident(alone):
        attached = attached_reply(conversation.question, conversation.earlier_files, sent_now=False)
        if attached is not None:
            return Say(attached)
    is_enough = is_confident(alone) and not needs_the_one_before(conversation.question)
    carried = None if is_enough else _carried_over(conversation, today)
    if carried is not None and len(searches) == 1:
        return _search(carried)
    second = _search_result(searches[-1]) if carried is not None else None
    if carried is not None and second is not None and _is_better(second, alone, conversation.question):
        return Say(found_reply(second, carried, lead=FOUND_TOGETHER))
    return Say(found_reply(alone, _query(conversation)))


def _is_better(carried: SearchResult, alone: SearchResult, question: str) -> bool:
    own = own_terms(question)
    # The words carried over find their passages by themselves; they must not pass for the question's answer.
    if own and own.isdisjoint(result_terms(carried)):
        return False
    if carried.confidence is None or alone.confidence is None:
        return bool(carried.results)
    return carried.confidence >= alone.confidence


def _carried_over(conversation: Conversation, today: date) -> str | None:
    """The follow-up with the words it lacks; a passage that it points to has them already."""
    if conversation.quoted:
        return None
    asked = [text for text in conversation.earlier if not small_talk(text) and not read_command(text, today)]
    query = carried_over(conversation.question, asked)
    return query[:MAX_QUERY_CHARACTERS] if query else None


def _search(query: str) -> Step:
    return CallTool(SEARCH, {"query": query, "limit": PASSAGES}) if query else Say(EMPTY)


def _search_result(answer: ToolAnswer) -> SearchResult | None:
    try:
        return SearchResult.model_validate(answer.content)
    except ValidationError:
        return None


def _overview_step(answers: list[ToolAnswer]) -> Step:
    if not answers:
        return CallTool(LIST_DOCUMENTS, {})
    try:
        return Say(documents_listed(DocumentList.model_validate(answers[-1].content)))
    except ValidationError:
        return Say(_failed("The documents could not be listed", answers[-1]))


def _query(conversation: Conversation) -> str:
    """The question, with the passage that it points to."""
    return " ".join(f"{conversation.question} {conversation.quoted}".split())[:MAX_QUERY_CHARACTERS]


def _is_no_command_after_all(command: Command, conversation: Conversation, today: date) -> bool:
    """“Finish the report” is about a task only when there is such a task."""
    if not isinstance(command, ChangeTask) or command.is_certain:
        return False
    tasks = _listed_tasks(conversation.answers)
    return tasks is not None and not task_replies.best_matches(command.words, tasks)


def _next_step_of_command(command: Command, answers: list[ToolAnswer], today: date) -> Step:
    match command:
        case AddTask():
            return _after(answers, "add_task", task_replies.added) or CallTool("add_task", _new_task(command))
        case ListTasks():
            return _list_step(command, answers, today)
        case ChangeTask():
            return _change_step(command, answers, today)
        case Unclear():
            return Say(command.answer)
        case _:
            assert_never(command)


def _new_task(command: AddTask) -> dict[str, Any]:
    task: dict[str, Any] = {"title": command.title, "priority": command.priority}
    if command.due_on:
        task["due_on"] = command.due_on.isoformat()
    if command.tags:
        task["tags"] = list(command.tags)
    return task


def _list_step(command: ListTasks, answers: list[ToolAnswer], today: date) -> Step:
    if answers:
        try:
            return Say(task_replies.listed(TaskList.model_validate(answers[-1].content), command, today))
        except ValidationError:
            return Say(_failed("The tasks could not be read", answers[-1]))
    wanted = {"status": command.status, "due": command.due, "tag": command.tag, "priority": command.priority}
    return CallTool("list_tasks", {name: value for name, value in wanted.items() if value is not None})


def _change_step(command: ChangeTask, answers: list[ToolAnswer], today: date) -> Step:
    done = _after(answers, "complete_task", task_replies.changed) or _after(
        answers, "update_task", task_replies.changed
    )
    if done:
        return done
    deletion = next((answer for answer in answers if answer.name == "delete_task"), None)
    if deletion is not None:
        return Say(_deleted(deletion))
    if command.task_id is not None:
        return _change(command, command.task_id)
    tasks = _listed_tasks(answers)
    if tasks is not None:
        return _change_one_of(command, tasks, today)
    if answers:
        return Say(_failed("The tasks could not be read", answers[-1]))
    status = {"complete": "open", "reopen": "done"}.get(command.action, "all")
    return CallTool("list_tasks", {"status": status, "limit": MAX_TASKS})


def _change_one_of(command: ChangeTask, tasks: list[Task], today: date) -> Step:
    fitting = task_replies.best_matches(command.words, tasks)
    if len(fitting) == 1:
        return _change(command, fitting[0].task_id)
    if fitting:
        return Say(task_replies.which_one(fitting, command.action, today))
    return Say(task_replies.none_fits(command.words, tasks, command.action, today))


def _change(command: ChangeTask, task_id: int) -> CallTool:
    if command.action == "complete":
        return CallTool("complete_task", {"task_id": task_id})
    if command.action == "delete":
        return CallTool("delete_task", {"task_id": task_id})
    return CallTool("update_task", {"task_id": task_id, "status": "open"})


def _deleted(answer: ToolAnswer) -> str:
    if answer.error == DENIED:
        return task_replies.not_deleted()
    return task_replies.deleted(answer) if answer.content else _failed("That did not work", answer)


def _after(answers: list[ToolAnswer], tool: str, reply: Callable[[Task], str]) -> Say | None:
    """The answer once `tool` was called; None before."""
    for answer in answers:
        if answer.name == tool:
            try:
                return Say(reply(Task.model_validate(answer.content)))
            except ValidationError:
                return Say(_failed("That did not work", answer))
    return None


def _listed_tasks(answers: list[ToolAnswer]) -> list[Task] | None:
    for answer in answers:
        if answer.name == "list_tasks":
            try:
                return TaskList.model_validate(answer.content).tasks
            except ValidationError:
                return None
    return None


def _failed(what: str, answer: ToolAnswer) -> str:
    reason = for_people(answer.error or "")
    return f"{what}: {reason}" if reason else f"{what}. Please try again."
