"""Sentences about tasks, read with the patterns of a language."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from agent_service.models.extractive.commands import (
    Action,
    ChangeTask,
    Command,
    Reference,
    Target,
    Unclear,
    UndoChange,
)
from agent_service.models.extractive.dates import read_day, span_in_days
from agent_service.models.extractive.language import Language
from agent_service.models.extractive.new_tasks import (
    QUOTATION_MARKS,
    clean_title,
    priority_of,
    read_addition,
    read_plan,
)
from agent_service.models.extractive.task_lists import read_list
from agent_service.models.extractive.templates import MAX_SENTENCE_CHARACTERS, plain

MAX_POLITE_WORDS = 6
TASK_ID = re.compile(r"#?(\d{1,12})")


def read_command(text: str, today: date, language: Language) -> Command | None:
    """What the sentence asks for; None when it is not about the user's tasks, or longer than a sentence."""
    if len(text) > MAX_SENTENCE_CHARACTERS:
        return None
    for sentence in _sentences(text, language):
        for read in (_read_undo, read_list, read_addition, _read_change, read_plan):
            command = read(sentence, today, language)
            if command is not None:
                return command
    return None


def _read_undo(text: str, today: date, language: Language) -> UndoChange | None:
    return UndoChange() if language.match("tasks", "undo", text) is not None else None


def bare_sentence(text: str, language: Language) -> str:
    """The sentence without its end mark and politeness."""
    *_, shortest = _sentences(text, language)
    return shortest


def _sentences(text: str, language: Language) -> Iterator[str]:
    """The sentence as it stands, and without the politeness at its ends."""
    sentence = " ".join(text.split()).rstrip(" ?!¡¿").removesuffix(".").lstrip("¿¡ ").strip()
    yield sentence
    bare = _without_politeness(sentence, language)
    if bare and bare != sentence:
        yield bare


def _without_politeness(text: str, language: Language) -> str:
    text = _cut(text, language, "polite_end", lambda words, count: (words[-count:], words[:-count]))
    for _ in range(3):
        text = _cut(text, language, "polite_start", lambda words, count: (words[:count], words[count:]))
    return text.strip(" ,;.!?")


Cut = Callable[[list[str], int], tuple[list[str], list[str]]]


def _cut(text: str, language: Language, key: str, cut: Cut) -> str:
    words = text.split()
    for count in range(min(MAX_POLITE_WORDS, len(words) - 1), 0, -1):
        polite, rest = cut(words, count)
        if language.match("talk", key, " ".join(polite).strip(" ,;.!?")) is not None:
            return " ".join(rest)
    return text


Changes = dict[str, Any]
# How the action and its certainty follow from the key of the pattern, in the order of trying.
CHANGES: tuple[tuple[str, Action, bool], ...] = (
    ("clear_day", "clear_day", True),
    ("untag", "untag", True),
    ("tag", "tag", True),
    ("rename", "rename", True),
    ("move_by", "move", True),
    ("move", "move", True),
    ("priority", "priority", True),
    ("raise", "priority", True),
    ("lower", "priority", True),
    ("reopen", "reopen", True),
    ("complete", "complete", True),
    ("delete", "delete", True),
    ("move_perhaps", "move", False),
    ("priority_perhaps", "priority", False),
    ("reopen_perhaps", "reopen", False),
    ("complete_perhaps", "complete", False),
)


def _read_change(text: str, today: date, language: Language) -> Command | None:
    words = plain(text).split()
    if not words or words[0] in language.words("tasks", "question_starts"):
        return None
    for key, action, is_certain in CHANGES:
        for slots in language.matches("tasks", key, text):
            change = _change_of(key, slots, today, language)
            if change is None:
                continue
            target, is_named = _target_in(slots, language)
            days_later = change.pop("days_later", 0)
            certain = is_named or (is_certain and key in SURE)
            if action == "delete" and target.reference == "all":
                return Unclear("one_at_a_time")
            return ChangeTask(action, target, change, certain, days_later)
    return None


# "Mark buy milk as done" is about a task whatever its title; "delete the table" is not.
SURE = {"complete", "reopen", "untag", "move", "move_by", "clear_day"}


def _change_of(key: str, slots: dict[str, str], today: date, language: Language) -> Changes | None:
    """The arguments of the change; None when a slot does not hold what it should."""
    if "day" in slots:
        day = read_day(slots["day"], today, language)
        return None if day is None else {"due_on": day.isoformat()}
    if "unit" in slots:
        return {"days_later": span_in_days(slots["count"], slots["unit"], language)}
    if "level" in slots:
        level = priority_of(slots["level"], language)
        return None if level is None else {"priority": level}
    if key in ("raise", "lower"):
        return {"priority": "high" if key == "raise" else "low"}
    if "new" in slots:
        return (
            {"title": clean_title(slots["new"])} if read_day(slots["new"], today, language) is None else None
        )
    if "tag" in slots:
        return {"tag": slots["tag"].strip(QUOTATION_MARKS + "#. ")}
    return {"clear_due_on": True} if key == "clear_day" else {}


def _target_in(slots: dict[str, str], language: Language) -> tuple[Target, bool]:
    """The task meant; a verb such as "márcala" has the word for it inside."""
    if "words" not in slots:
        return Target("", reference="all" if "them" in slots else "it"), True
    return _target(slots["words"], language)


def _target(words: str, language: Language) -> tuple[Target, bool]:
    """The task meant, and whether the words say that it is one."""
    bare = words.strip(" -").strip(QUOTATION_MARKS).strip()
    referred = reference_of(bare, language)
    if referred is not None:
        return referred, True
    numbered = TASK_ID.fullmatch(bare)
    named = language.match("tasks", "number", bare)
    for written in (numbered[1] if numbered else "", (named or {}).get("id", "")):
        found = TASK_ID.fullmatch(written.strip())
        if found:
            return Target(bare, int(found[1])), True
    return _by_title(bare, language)


def _by_title(words: str, language: Language) -> tuple[Target, bool]:
    named = language.match("tasks", "is_task", words)
    if named is not None:
        return Target(_title(named["words"])), True
    prefix = _named_before(words, language)
    if prefix is not None:
        return Target(_title(prefix)), True
    bare = language.match("tasks", "bare_article", words)
    return Target(_title(bare["words"] if bare else words)), False


def _named_before(words: str, language: Language) -> str | None:
    """What stands behind `the task`, `my task called` and the like."""
    parts = words.split(" ")
    for count in range(min(4, len(parts) - 1), 0, -1):
        if language.match("tasks", "names_task", " ".join(parts[:count])) is not None:
            return " ".join(parts[count:])
    return None


def _title(words: str) -> str:
    return words.strip().strip(QUOTATION_MARKS).strip(" .,;:")


def reference_of(words: str, language: Language) -> Target | None:
    """The task just spoken of that words such as `it` or `the second one` mean; None for other words."""
    wanted = " ".join(plain(words).split())
    kinds: tuple[Reference, ...] = ("it", "both", "all", "last")
    for kind in kinds:
        if wanted in map(plain, language.data["tasks"][f"refers_{kind}"]):
            return Target(words, reference=kind)
    for place, names in enumerate(language.data["tasks"]["refers_nth"]):
        if wanted in map(plain, names):
            return Target(words, reference="nth", nth=place)
    return None


def later(day: date | None, days: int, today: date) -> date:
    """The day so many days after a task's own, or after today where it has none."""
    return (day or today) + timedelta(days=days)
