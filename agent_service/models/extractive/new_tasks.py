"""Sentences that add a task, or state a plan that could become one."""

import re
from dataclasses import replace
from datetime import date

from agent_service.models.extractive.commands import AddTask, Command, PlanStated, Priority, Unclear
from agent_service.models.extractive.dates import (
    read_named_day,
    split_bare_leading_due,
    split_due,
    split_leading_due,
)
from agent_service.models.extractive.language import Language
from agent_service.models.extractive.templates import plain

QUOTATION_MARKS = "\"'“”„‘’«»`"
TAGS_AT_END = re.compile(r"(?:(?:^|\s+)#[\w-]+)+[\s.!]*$")
MAX_TITLE_CHARACTERS = 300


def read_addition(text: str, today: date, language: Language) -> Command | None:
    """The task that the sentence adds; None when it adds none."""
    if language.match("tasks", "add_nothing", text) is not None:
        return Unclear("ask_title")
    for slots in language.matches("tasks", "add", text):
        read = _addition(slots, today, language)
        if read is not None:
            return read
    return None


def read_plan(text: str, today: date, language: Language) -> PlanStated | None:
    """The plan that the sentence states: it has a day, or begins with what people plan to do."""
    words = plain(text).split()
    is_question = words[:1] and words[0] in language.words("tasks", "question_starts")
    if is_question or not language.words("tasks", "asks").isdisjoint(words[:3]):
        return None
    plans = (_plan(slots, today, language) for slots in language.matches("tasks", "plan", text))
    perhaps = (_plan(slots, today, language) for slots in language.matches("tasks", "plan_perhaps", text))
    certain = next((plan for plan in plans if plan is not None), None)
    if certain is not None:
        return certain
    return next((replace(plan, is_certain=False) for plan in perhaps if plan is not None), None)


def _plan(slots: dict[str, str], today: date, language: Language) -> PlanStated | None:
    """The plan of a sentence taken apart; None when it states none."""
    lead = f"{slots['lead']} " if "lead" in slots else ""
    title = f"{lead}{slots['title']}" + (f" {slots['day']}" if "day" in slots else "")
    words = plain(title).replace(",", " ").split()
    if not words or words[0] in language.words("tasks", "not_plan"):
        return None
    task = _planned(title, today, language)
    if not isinstance(task, AddTask):
        return None
    if task.due_on is not None or task.hour is not None:
        return PlanStated(task)
    if "day" in slots:
        return None  # what stood there was no day
    is_everyday = words[0] in language.words("tasks", "plan_verbs") or _ends_with_verb(words, language)
    if is_everyday and not language.begins("words", "wants", slots.get("subject", "")):
        return PlanStated(task)
    return PlanStated(task, is_certain=False) if is_everyday or _is_first_person(slots) else None


def _planned(title: str, today: date, language: Language) -> AddTask | Unclear:
    """The task of a plan, whose day may stand before what is to be done."""
    lead = split_bare_leading_due(title, today, language)
    task = _new_task(lead.text, today, language)
    if isinstance(task, AddTask) and lead.day is not None:
        return replace(task, due_on=task.due_on or lead.day, hour=task.hour or lead.hour)
    return task


def _ends_with_verb(words: list[str], language: Language) -> bool:
    """German puts the verb at the end, before the day is written."""
    return language.code in VERB_LAST and not language.words("tasks", "plan_verbs").isdisjoint(words)


VERB_LAST = ("de",)


def _is_first_person(slots: dict[str, str]) -> bool:
    return "subject" in slots


def _addition(slots: dict[str, str], today: date, language: Language) -> Command | None:
    if "quoted" in slots:
        quoted = slots["quoted"]
        return _new_task(quoted, today, language) if quoted[:1] in QUOTATION_MARKS else None
    written = slots.get("day")
    day = read_named_day(written, today, language) if written else None
    if written and day is None:
        return None
    priority = priority_of(slots.get("level"), language) or "normal"
    text = " ".join(filter(None, (slots.get("title"), slots.get("rest"))))
    task = _new_task(text, today, language, priority)
    if isinstance(task, AddTask) and day is not None:
        return AddTask(task.title, day, task.priority, task.tags, task.hour)
    return task


def priority_of(word: str | None, language: Language) -> Priority | None:
    """The priority that a word means; None for another word."""
    levels: tuple[Priority, ...] = ("low", "high", "normal")
    wanted = plain(word or "").strip()
    return next((level for level in levels if wanted in map(plain, language.lists[level])), None)


def _new_task(text: str, today: date, language: Language, priority: Priority = "normal") -> AddTask | Unclear:
    """Day, hour, priority and tags are taken off the end in whatever order they stand."""
    due = split_leading_due(text, today, language)
    title, day, hour, tags = due.text, due.day, due.hour, list[str]()
    for _ in range(3):
        title, found_tags = _split_tags(title)
        title, priority = _split_priority(title, priority, language)
        tags = [*found_tags, *tags]
        due = split_due(title, today, language)
        if due.unreadable:
            return Unclear("bad_day", {"day": due.unreadable})
        title, day, hour = due.text, day or due.day, hour or due.hour
    title = clean_title(title)
    if not title:
        return Unclear("ask_title")
    return AddTask(title, day, priority, tuple(dict.fromkeys(tags)), hour)


def clean_title(text: str) -> str:
    """A title without quotation marks around it, with a capital letter."""
    title = text.strip().strip(QUOTATION_MARKS).strip(" .,;:")[:MAX_TITLE_CHARACTERS]
    return title[:1].upper() + title[1:]


def _split_tags(text: str) -> tuple[str, list[str]]:
    found = TAGS_AT_END.search(text)
    if not found:
        return text, []
    return text[: found.start()], re.findall(r"#([\w-]+)", found.group())


def _split_priority(text: str, priority: Priority, language: Language) -> tuple[str, Priority]:
    """The last words of a title, as far as they name a priority."""
    bare = text.strip().rstrip(".!) ")
    words = bare.split(" ")
    for count in range(min(5, len(words) - 1), 0, -1):
        tail = " ".join(words[-count:]).lstrip("(,;")
        slots = language.match("tasks", "priority_end", tail)
        if slots is not None:
            level = priority_of(slots.get("level"), language) or "high"
            return " ".join(words[:-count]).rstrip(" ,;("), level
    return text, priority
