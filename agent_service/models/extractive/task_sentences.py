"""Plain sentences about tasks, read without a language model."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from agent_service.models.extractive.dates import split_due, split_leading_due

Priority = Literal["low", "normal", "high"]
TaskAction = Literal["complete", "reopen", "delete"]


@dataclass(frozen=True)
class AddTask:
    """A task to add."""

    title: str
    due_on: date | None = None
    priority: Priority = "normal"
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListTasks:
    """Tasks to show."""

    status: Literal["open", "done", "all"] = "open"
    due: Literal["any", "today", "overdue"] = "any"
    tag: str | None = None
    priority: Priority | None = None


@dataclass(frozen=True)
class ChangeTask:
    """A task to complete, to reopen or to delete, by its words or its id.

    `is_certain` is false for sentences such as "finish the report", which may not be about a task at all.
    """

    action: TaskAction
    words: str
    task_id: int | None = None
    is_certain: bool = True


@dataclass(frozen=True)
class Unclear:
    """A sentence about tasks that cannot be carried out; `answer` says why."""

    answer: str


Command = AddTask | ListTasks | ChangeTask | Unclear

TASK = r"(?:tasks?|to-?\s?dos?|reminders?)"
ONE_TASK = r"(?:task|to-?\s?do|reminder)"
MY_LIST = r"(?:my|the)\s+(?:task\s*list|tasks|to-?\s?do\s*list|to-?\s?dos|list)"
SEPARATOR = (
    r"(?:\s*[:–—]\s*|\s+-\s+|\s+(?:to|called|named|titled|about|for|that\s+says)\s*:?\s+|\s+(?=[\"“'‘«`]))"
)
DONE = r"(?:as\s+)?(?:done|complete|completed|finished|closed)"
OPEN = r"(?:as\s+)?(?:open|not\s+done|undone|unfinished|incomplete)"


def _sentence(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


POLITE = _sentence(
    r"(?:(?:please|hey|ok|okay|now)[,\s]+|(?:can|could|would|will)\s+you\s+|i\s+(?:want|need)\s+(?:you\s+)?to\s+)+"
)
ADD = _sentence(
    r"(?:add|create|make|set\s+up|new|note)(?:\s+me)?(?:\s+(?:an?|another|the))?(?:\s+new)?"
    rf"(?:\s+(?P<pressing>(?:high|low)[\s-]priority|urgent|important))?\s+{ONE_TASK}"
    rf"(?:\s+(?:to|on)\s+{MY_LIST}|\s+for\s+me)?(?:{SEPARATOR}(?P<title>.+))?"
)
NOTE = _sentence(rf"{TASK}\s*:\s*(?P<title>.+)")
REMIND = _sentence(r"remind\s+me\s+(?:to|about|of|that)\s+(?P<title>.+)")
PUT = _sentence(rf"(?:add|put)\s+(?P<title>.+?)\s+(?:to|on|onto|in)\s+{MY_LIST}(?P<rest>(?:[\s,]+.+)?)")
MARK = _sentence(
    rf"(?:mark|set|tick|check)\s+(?P<words>.+?)\s+(?:(?P<open>{OPEN})|{DONE}|off)(?:\s+(?:again|now|please))*"
)
IS_DONE = _sentence(r"(?P<words>.+?)\s+(?:is|are)\s+(?:now\s+)?(?:done|completed?|finished)")
COMPLETE = _sentence(
    r"(?:complete|finish|close|(?:tick|check)\s+off|i(?:['’]ve|\s+have)?\s+(?:done|finished|completed))\s+"
    r"(?P<words>.+)"
)
REOPEN = _sentence(r"(?:re-?open|uncheck|untick)\s+(?P<words>.+)")
DELETE = _sentence(
    rf"(?:delete|remove|erase)\s+(?:(?P<listed>.+)\s+from\s+{MY_LIST}|(?P<words>(?=.*\b{TASK}\b).+))"
)
ALL_OF_THEM = _sentence(rf"(?:all|every|everything)\b|(?:(?:an?|the|my|this|that)\s+)?{TASK}$")
TASK_ID = _sentence(rf"(?:(?:the\s+)?{TASK}\s*)?(?:number\s+|no\.?\s*|id\s+)?\#?(?P<id>\d{{1,12}})")
NAMED_TASK = _sentence(rf"(?:(?:the|my|a)\s+)?{TASK}\s*(?:to\s+|called\s+|named\s+|about\s+|:\s*)?")

WHAT_TO_DO = _sentence(
    r"what(?:['’]s|\s+is)?\s+(?:(?:do|should|must)\s+i\s+(?:(?:have|need)\s+to\s+)?do|(?:left\s+)?to\s+do"
    rf"|(?:left\s+)?on\s+(?:my\s+(?:plate|agenda)|{MY_LIST}))(?:\s+(?P<today>today))?"
)
LIST_NOUNS = {"task", "tasks", "todo", "todos", "to-do", "to-dos", "reminders", "overdue", "due"}
# One of these must be there too: "what are tasks" asks for the meaning of the word.
SIGNS = """
my show list display have left open pending remaining unfinished done completed finished overdue due
"""
FILLERS = """
me all any anything something the of for are is which what what's whats there do i that with today today's
late urgent important high low priority high-priority low-priority closed tasklist now please still been tell
give see read ones on
"""
LIST_SIGNS = set(SIGNS.split())
LIST_WORDS = LIST_NOUNS | LIST_SIGNS | set(FILLERS.split())
DONE_WORDS = {"done", "completed", "finished", "closed"}
TAGGED = _sentence(
    r"(?:\s+(?:with\s+(?:the\s+)?tag|tagged)\s+|\s+(?:with\s+)?(?=\#))[\"'#“]?(?P<tag>[\w-]+)[\"'”]?"
)

PRIORITY_AT_END = _sentence(
    r"[\s,;(]+(?:with\s+)?(?:an?\s+)?(?:(?P<level>high|low|normal)\s+priority|priority:?\s*(?P<other>high|low|normal)"
    r"|(?P<urgent>urgent(?:ly)?))[)\s.!]*$"
)
TAGS_AT_END = _sentence(r"(?:(?:^|\s+)\#[\w-]+)+[\s.!]*$")
QUOTATION_MARKS = "\"'“”‘’«»`"

MAX_SENTENCE_CHARACTERS = 500
ASK_FOR_TITLE = "What should the task say? For example: add a task to call the dentist by Friday."
ONE_AT_A_TIME = "I delete one task at a time. For example: delete the task call the dentist."


def read_command(text: str, today: date) -> Command | None:
    """What the sentence asks for; None when it is not about the user's tasks, or longer than a sentence."""
    if len(text) > MAX_SENTENCE_CHARACTERS:
        return None
    sentence = _without_politeness(text)
    for read in (_read_add, _read_list, _read_change, _read_delete):
        command = read(sentence, today)
        if command is not None:
            return command
    return None


def _without_politeness(text: str) -> str:
    text = re.sub(r"[\s,]*\bplease\b[\s.!?]*$", "", " ".join(text.split()), flags=re.IGNORECASE)
    polite = POLITE.match(text)
    return text[polite.end() if polite else 0 :].rstrip(" ?!").removesuffix(".").strip()


def _read_add(text: str, today: date) -> Command | None:
    found = ADD.fullmatch(text)
    if found:
        if not found["title"]:
            return Unclear(ASK_FOR_TITLE)
        return _new_task(found["title"], today, _pressing(found["pressing"]))
    for pattern in (REMIND, NOTE):
        found = pattern.fullmatch(text)
        if found:
            return _new_task(found["title"], today)
    found = PUT.fullmatch(text)
    return _new_task(found["title"] + found["rest"], today) if found else None


def _pressing(word: str | None) -> Priority:
    if not word:
        return "normal"
    return "low" if word.lower().startswith("low") else "high"


def _new_task(text: str, today: date, priority: Priority = "normal") -> Command:
    """Day, priority and tags are taken off the end in whatever order they stand."""
    due = split_leading_due(text, today)
    title, day, tags = due.text, due.day, list[str]()
    for _ in range(3):
        title, found_tags = _split_tags(title)
        title, priority = _split_priority(title, priority)
        tags = [*found_tags, *tags]
        due = split_due(title, today)
        if due.unreadable:
            return Unclear(
                f"“{due.unreadable}” is not a day I can read. Write it like 2026-12-01 or next Friday."
            )
        title, day = due.text, day or due.day
    title = title.strip().strip(QUOTATION_MARKS).strip(" .,;:")
    if not title:
        return Unclear(ASK_FOR_TITLE)
    return AddTask(title[:1].upper() + title[1:], day, priority, tuple(dict.fromkeys(tags)))


def _split_tags(text: str) -> tuple[str, list[str]]:
    found = TAGS_AT_END.search(text)
    if not found:
        return text, []
    return text[: found.start()], re.findall(r"#([\w-]+)", found.group())


def _split_priority(text: str, priority: Priority) -> tuple[str, Priority]:
    found = PRIORITY_AT_END.search(text)
    if not found:
        return text, priority
    level = (found["level"] or found["other"] or "high").lower()
    named: dict[str, Priority] = {"low": "low", "normal": "normal", "high": "high"}
    return text[: found.start()], named[level]


def _read_list(text: str, today: date) -> Command | None:
    what_to_do = WHAT_TO_DO.fullmatch(text)
    if what_to_do:
        return ListTasks(due="today" if what_to_do["today"] else "any")
    tag = TAGGED.search(text)
    words = TAGGED.sub("", text).lower().replace("to do", "to-do").replace("’", "'").replace(",", " ").split()
    known = set(words)
    if not known <= LIST_WORDS or known.isdisjoint(LIST_NOUNS):
        return None
    if len(words) > 1 and tag is None and known.isdisjoint(LIST_SIGNS):
        return None
    return _list_of(known, tag["tag"] if tag else None)


def _list_of(words: set[str], tag: str | None) -> ListTasks:
    status: Literal["open", "done", "all"] = "open"
    if words & DONE_WORDS:
        status = "done"
    elif "all" in words and not words & {"open", "pending", "remaining", "unfinished"}:
        status = "all"
    due: Literal["any", "today", "overdue"] = "any"
    if words & {"overdue", "late"}:
        due = "overdue"
    elif words & {"today", "today's"}:
        due = "today"
    priority: Priority | None = None
    if words & {"urgent", "important", "high", "high-priority"}:
        priority = "high"
    elif words & {"low", "low-priority"}:
        priority = "low"
    return ListTasks("open" if due != "any" else status, due, tag, priority)


def _read_change(text: str, today: date) -> Command | None:
    found = MARK.fullmatch(text)
    if found:
        return _change("reopen" if found["open"] else "complete", found["words"])
    found = REOPEN.fullmatch(text)
    if found:
        return _change("reopen", found["words"])
    for pattern in (COMPLETE, IS_DONE):
        found = pattern.fullmatch(text)
        if found and not found["words"].lower().startswith(
            ("how ", "what ", "when ", "why ", "where ", "who ")
        ):
            certain = bool(NAMED_TASK.match(found["words"]))
            return _change(
                "complete", re.sub(rf"\s+{TASK}$", "", found["words"], flags=re.I), certain=certain
            )
    return None


def _change(action: TaskAction, words: str, *, certain: bool = True) -> ChangeTask:
    task_id = TASK_ID.fullmatch(words.strip())
    if task_id:
        return ChangeTask(action, words, int(task_id["id"]), certain)
    named = NAMED_TASK.match(words)
    kept = words[named.end() if named else 0 :].strip().strip(QUOTATION_MARKS)
    return ChangeTask(action, kept or words, None, certain)


def _read_delete(text: str, today: date) -> Command | None:
    found = DELETE.fullmatch(text)
    if not found:
        return None
    words = found["listed"] or found["words"]
    if ALL_OF_THEM.match(words):
        return Unclear(ONE_AT_A_TIME)
    return _change("delete", re.sub(rf"\s+{TASK}$", "", words, flags=re.I))
