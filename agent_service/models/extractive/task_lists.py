"""Sentences that ask for a list of tasks: words of a list in any order, and a time."""

from datetime import date, timedelta

from agent_service.models.extractive.commands import ListTasks, Period, Priority, Status
from agent_service.models.extractive.dates import read_day
from agent_service.models.extractive.language import Language
from agent_service.models.extractive.templates import plain

MAX_PERIOD_WORDS = 6
PERIODS: tuple[Period, ...] = ("overdue", "this_week", "next_week", "this_month")


def read_list(text: str, today: date, language: Language) -> ListTasks | None:
    """The tasks that a sentence asks for; None when it asks for something else."""
    for key, wanted in (("what_to_do", ListTasks()), ("what_done", ListTasks("done"))):
        for slots in language.matches("tasks", key, text):
            period = _period(slots.get("day"), today, language)
            if period is not None:
                # Tasks have no day on which they were done, so that all done ones are the answer.
                return _within(wanted, *period) if wanted.status == "open" else wanted
    return _by_words(text, today, language)


def _period(written: str | None, today: date, language: Language) -> tuple[Period, date | None] | None:
    """The time that words name; None for other words."""
    if not written:
        return "any", None
    words = plain(written).strip()
    before = [plain(word) for word in language.data["dates"]["before"]]
    kept = next((words[len(word) + 1 :] for word in before if words.startswith(f"{word} ")), words)
    for name in PERIODS:
        # "en retard" begins with a word that may also stand before a day.
        if not {words, kept}.isdisjoint(map(plain, language.data["dates"][name])):
            return name, None
    day = read_day(kept, today, language)
    return None if day is None else ("day", day)


def _within(wanted: ListTasks, period: Period, day: date | None) -> ListTasks:
    return ListTasks(wanted.status, period, (day, day), wanted.tag, wanted.priority)


def days_of(wanted: ListTasks, today: date) -> tuple[date | None, date | None]:
    """The first and the last day that tasks may be due on."""
    monday = today - timedelta(days=today.weekday())
    match wanted.period:
        case "today":
            return today, today
        case "this_week":
            # As the tool understands a week, so that a Sunday is not the end of it.
            return today, today + timedelta(days=6)
        case "next_week":
            return monday + timedelta(days=7), monday + timedelta(days=13)
        case "this_month":
            return today, (today.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        case _:
            return wanted.days


def _by_words(text: str, today: date, language: Language) -> ListTasks | None:
    text, tag = _split_tag(text, language)
    rest, period, day = _split_period(text, today, language)
    words = [word for word in plain(rest).replace("?", " ").replace(",", " ").split() if word]
    known = set(words)
    nouns, signs = language.words("tasks", "list_nouns"), language.words("tasks", "list_signs")
    if not known <= nouns | signs | language.words("tasks", "list_fillers"):
        return None
    has_time = period != "any"
    if nouns.isdisjoint(plain(text).split()) and period != "overdue":
        return None
    if len(words) > 1 and tag is None and not has_time and known.isdisjoint(signs):
        return None
    return _within(_list_of(known, tag, language), period, day)


def _split_tag(text: str, language: Language) -> tuple[str, str | None]:
    words = text.split()
    for count in range(1, min(6, len(words))):
        tail = " ".join(words[-count:])
        slots = language.match("tasks", "tagged", tail)
        if slots is not None and " " not in slots["tag"]:
            return " ".join(words[:-count]), slots["tag"].strip("\"'#“”„»«")
        if count == 1 and tail.startswith("#"):
            kept = words[:-1]
            return " ".join(kept), tail.strip("#.,")
    return text, None


def _split_period(text: str, today: date, language: Language) -> tuple[str, Period, date | None]:
    """The sentence without the words that name a time, and that time."""
    words = text.split()
    for count in range(min(MAX_PERIOD_WORDS, len(words)), 0, -1):
        for start in range(len(words) - count + 1):
            part = " ".join(words[start : start + count]).strip("?,.!")
            found = _period(part, today, language)
            if found is not None:
                return " ".join(words[:start] + words[start + count :]), *found
    return text, "any", None


def _list_of(words: set[str], tag: str | None, language: Language) -> ListTasks:
    priority: Priority | None = None
    if words & language.words("tasks", "list_high"):
        priority = "high"
    elif words & language.words("tasks", "list_low"):
        priority = "low"
    return ListTasks(_status(words, language), "any", (None, None), tag, priority)


def _status(words: set[str], language: Language) -> Status:
    if words & language.words("tasks", "list_done"):
        return "done"
    is_open = words & language.words("tasks", "list_open")
    return "all" if words & language.words("tasks", "list_all") and not is_open else "open"
