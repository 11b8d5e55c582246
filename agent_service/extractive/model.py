"""The model that answers when no language model is set up: it searches, quotes and keeps tasks, no more."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, assert_never

from agents import Model, ModelResponse, Usage
from agents.items import TResponseStreamEvent
from pydantic import ValidationError

from agent_service.extractive import model_events, task_replies
from agent_service.extractive.conversation import Conversation, ToolAnswer, read_conversation
from agent_service.extractive.overview import asks_for_documents, documents_listed
from agent_service.extractive.quoting import choose_quotes, render_quotes
from agent_service.extractive.task_sentences import (
    AddTask,
    ChangeTask,
    Command,
    ListTasks,
    Unclear,
    read_command,
)
from agent_service.extractive.words import terms
from agent_service.tool_results import LIST_DOCUMENTS, SEARCH, DocumentList, SearchResult, Task, TaskList

NAME = "extractive"
LONGEST_QUERY = 400
PASSAGES = 8
MOST_TASKS = 200
LONGEST_ERROR = 300

GREETING = re.compile(
    r"(?:hi|hello|hey|hallo|good\s+(?:morning|afternoon|evening|day))(?:[\s,]+(?:there|again|all|owflex))*",
    re.IGNORECASE,
)
THANKS = re.compile(
    r"(?:ok(?:ay)?|great|perfect)?[\s,]*(?:(?:many\s+)?thanks|thank\s+you|thx|cheers)"
    r"(?:\s+(?:a\s+lot|so\s+much|very\s+much|again))?|ok(?:ay)?|great|perfect",
    re.IGNORECASE,
)
ABOUT_ITSELF = re.compile(
    r"(?:who|what)\s+are\s+you|what\s+(?:can|do)\s+you\s+do|(?:how\s+)?can\s+you\s+help(?:\s+me)?"
    r"|what\s+(?:model|llm)\s+(?:are|do)\s+you\b.*|are\s+you\s+an?\s+(?:ai|llm|bot|human).*|help",
    re.IGNORECASE,
)
FOLLOW_UP = re.compile(
    r"\b(?:it|its|that|this|they|them|those|these|more)\b|^(?:and|why|how so)\b", re.IGNORECASE
)
SHORT_FOLLOW_UP = 2

ABOUT = (
    "I am OwFlex's built-in extractive assistant: no language model is set up, so I do not write answers of "
    "my own. I search your documents and quote the passages that fit, with their sources, and I keep your "
    "tasks: “add a task to call the dentist by Friday”, “show my tasks”, “mark call the dentist as done”.\n\n"
    "For written answers, set an LLM key (for example OPENAI_API_KEY) and restart."
)
THANKED = "You are welcome."
EMPTY = "What would you like to know? Ask a question about your documents, or say “show my tasks”."
FOUND = "This is what the documents say:"


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
        return _next_step_of_search(conversation)
    return _next_step_of_command(command, conversation.answers, today)


def _next_step_of_search(conversation: Conversation) -> Step:
    searches = [answer for answer in conversation.answers if answer.name == SEARCH]
    if searches:
        return Say(_answer_from(searches[-1], _query(conversation)))
    question = conversation.question.strip().rstrip("?!. ")
    for pattern, reply in ((ABOUT_ITSELF, ABOUT), (GREETING, f"Hello. {ABOUT}"), (THANKS, THANKED)):
        if pattern.fullmatch(question):
            return Say(reply)
    if asks_for_documents(question):
        return _overview_step(conversation.answers)
    query = _query(conversation)
    return CallTool(SEARCH, {"query": query, "limit": PASSAGES}) if query else Say(EMPTY)


def _overview_step(answers: list[ToolAnswer]) -> Step:
    if not answers:
        return CallTool(LIST_DOCUMENTS, {})
    try:
        return Say(documents_listed(DocumentList.model_validate(answers[-1].content)))
    except ValidationError:
        return Say(_failed("The documents could not be listed", answers[-1]))


def _query(conversation: Conversation) -> str:
    """The question; with what it points back to when it cannot stand alone."""
    question = conversation.question.strip()
    own_words = terms(question)
    parts = [question, conversation.quoted]
    if len(own_words) <= SHORT_FOLLOW_UP and FOLLOW_UP.search(question) and not conversation.quoted:
        parts.insert(0, conversation.previous_question)
    return " ".join(" ".join(parts).split())[:LONGEST_QUERY]


def _answer_from(answer: ToolAnswer, question: str) -> str:
    try:
        result = SearchResult.model_validate(answer.content)
    except ValidationError:
        return _failed("The search in the documents did not work", answer)
    quotes = choose_quotes(question, result.results)
    sure = [quote for quote in quotes if quote.is_sure]
    if sure:
        return f"{FOUND}\n\n{render_quotes(sure)}"
    return _nothing_found(result, question)


def _nothing_found(result: SearchResult, question: str) -> str:
    if result.searched.chunks == 0:
        return result.hint or "There are no documents to search yet."
    below = result.below_threshold
    if result.results or below.best_similarity is None:
        closeness = "what comes closest speaks of something else"
    else:
        closeness = (
            f"the closest reaches a similarity of {below.best_similarity:.2f}, "
            f"and {below.threshold:.2f} is needed"
        )
    return (
        f"I found nothing about this in your documents. I searched {result.searched.chunks} passages; "
        f"{closeness}. Other words may help, or the answer is not in the documents."
    )


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
    if command.task_id is not None:
        return _change(command, command.task_id)
    tasks = _listed_tasks(answers)
    if tasks is not None:
        return _change_one_of(command, tasks, today)
    if answers:
        return Say(_failed("The tasks could not be read", answers[-1]))
    status = "open" if command.action == "complete" else "done"
    return CallTool("list_tasks", {"status": status, "limit": MOST_TASKS})


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
    return CallTool("update_task", {"task_id": task_id, "status": "open"})


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
    reason = " ".join((answer.error or "").split())[:LONGEST_ERROR]
    return f"{what}: {reason}" if reason else f"{what}. Please try again."
