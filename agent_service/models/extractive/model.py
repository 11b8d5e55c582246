"""The model that answers when no language model is set up: it searches, quotes and keeps tasks, no more."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from agents import Model, ModelResponse, Usage
from agents.items import TResponseStreamEvent

from agent_service.models.extractive import model_events
from agent_service.models.extractive.answers import Library
from agent_service.models.extractive.attached_text import attached_reply
from agent_service.models.extractive.calls import CallFailedError, CallNeeded, Calls
from agent_service.models.extractive.commands import ChangeTask, Command, PlanStated
from agent_service.models.extractive.conversation import Conversation, read_conversation
from agent_service.models.extractive.finding import is_confident
from agent_service.models.extractive.language import Language, language_of, languages
from agent_service.models.extractive.small_talk import is_small_talk, small_talk
from agent_service.models.extractive.task_sentences import bare_sentence, read_command, reference_of
from agent_service.models.extractive.task_steps import TaskDesk
from agent_service.settings.system_prompt import locale_in
from agent_service.tools.for_people import for_people

NAME = "extractive"


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
        item = self._item(system_instructions, input)
        return ModelResponse(output=[item], usage=Usage(), response_id=None)

    async def stream_response(
        self, system_instructions: Any, input: Any, *_: Any, **__: Any
    ) -> AsyncIterator[TResponseStreamEvent]:
        """The next step as stream events, an answer word by word."""
        async for event in model_events.stream_item(self._item(system_instructions, input), NAME):
            yield event

    def _item(self, system_instructions: str | None, input: Any) -> model_events.OutputItem:
        step = next_step(read_conversation(input), self._today(), locale_in(system_instructions))
        if isinstance(step, CallTool):
            return model_events.tool_call(step.name, step.arguments)
        return model_events.message(step.text)


def next_step(conversation: Conversation, today: date, locale: str = "") -> Step:
    """What to do now: decided by the user's sentence and the tool answers so far, never by document text."""
    language = language_of(conversation.question, conversation.earlier, locale)
    try:
        return Say(Turn(conversation, language, today, locale).reply())
    except CallNeeded as call:
        return CallTool(call.name, call.arguments)
    except CallFailedError as failure:
        reason = for_people(failure.answer.error or "")
        said = language.phrase(failure.what)
        return Say(f"{said}: {reason}" if reason else f"{said}. {language.phrase('try_again')}")


class Turn:
    """One answer, written anew from its beginning after each call."""

    def __init__(self, conversation: Conversation, language: Language, today: date, locale: str) -> None:
        self._conversation = conversation
        self._language = language
        self._today = today
        self._locale = locale
        self._calls = Calls(conversation.answers)

    def reply(self) -> str:
        """The answer. Raises `CallNeeded` and `CallFailedError`."""
        conversation = self._conversation
        question = conversation.question
        if conversation.files:
            return attached_reply(question, conversation.files, self._language, sent_now=True) or (
                self._language.phrase("empty")
            )
        if conversation.has_images:
            return self._language.phrase("no_images")
        if not bare_sentence(question, self._language):
            return self._language.phrase("empty")
        return self._answer_to_offer() or self._small_talk() or self._task_reply() or self._from_documents()

    def _small_talk(self) -> str | None:
        question = self._conversation.question
        plain_text = " ".join(question.split()).strip(" .!?¡¿")
        said = (
            small_talk(text, self._language) for text in (plain_text, bare_sentence(question, self._language))
        )
        return next(filter(None, said), None)

    def _answer_to_offer(self) -> str | None:
        """What follows a yes or a no to the offer to keep a plan as a task, or to "which one?"."""
        conversation, language = self._conversation, self._language
        sentence = bare_sentence(conversation.question, language)
        answers_yes = language.match("talk", "yes", sentence) is not None
        answers_no = language.match("talk", "no", sentence) is not None
        before = self._command_before()
        if isinstance(before, PlanStated) and self._has_offered():
            if answers_yes:
                return self._desk().reply(before.task)
            if answers_no:
                return language.phrase("offer_declined")
        if isinstance(before, ChangeTask) and reference_of(sentence, language) and self._has_asked_which():
            target = reference_of(sentence, language)
            assert target is not None
            chosen = ChangeTask(before.action, target, before.change, days_later=before.days_later)
            return self._desk().reply(chosen)
        return None

    def _command_before(self) -> Command | None:
        earlier = self._conversation.earlier
        return self._command(earlier[0]) if earlier else None

    def _has_offered(self) -> bool:
        return self._last_said_begins("offer") or self._last_said_begins("offer_hour")

    def _has_asked_which(self) -> bool:
        return self._last_said_begins("which_one")

    def _last_said_begins(self, key: str) -> bool:
        said = self._conversation.said[0] if self._conversation.said else ""
        beginnings = (str(one.data["say"][key]).partition("{")[0] for one in languages().values())
        return any(beginning and beginning in said for beginning in beginnings)

    def _command(self, sentence: str) -> Command | None:
        """The command in a sentence, read in its own language, else in that of the page."""
        own = language_of(sentence, (), self._locale)
        spoken = dict.fromkeys((own.code, self._language.code))
        read = (read_command(sentence, self._today, languages()[code]) for code in spoken)
        return next((command for command in read if command is not None), None)

    def _task_reply(self) -> str | None:
        command = self._command(self._conversation.question)
        if command is None or self._conversation.quoted:
            return None
        if isinstance(command, PlanStated) and not command.is_certain:
            return self._plan_or_answer(command)
        return self._desk().reply(command)

    def _plan_or_answer(self, plan: PlanStated) -> str | None:
        """The answer of the documents where they have one, else the offer."""
        found = self._library().find(self._conversation.question)
        return self._library_anew() if is_confident(found.result) else self._desk().reply(plan)

    def _library_anew(self) -> str:
        self._calls = Calls(self._conversation.answers)
        return self._library().reply(self._conversation.question)

    def _desk(self) -> TaskDesk:
        return TaskDesk(self._calls, self._language, self._today, self._conversation.shown_tasks)

    def _library(self) -> Library:
        conversation = self._conversation
        asked = [
            text
            for text in conversation.earlier
            if not is_small_talk(bare_sentence(text, self._language), self._language)
            and not self._command(text)
        ]
        return Library(self._calls, self._language, asked, conversation.said, conversation.quoted)

    def _from_documents(self) -> str:
        conversation = self._conversation
        if conversation.earlier_files:
            found = self._library().find(conversation.question)
            attached = attached_reply(
                conversation.question, conversation.earlier_files, self._language, sent_now=False
            )
            if attached is not None and not is_confident(found.result):
                return attached
        return self._library_anew()
