"""Which task words such as "number 7", "the second one" and "all of them" mean."""

from itertools import pairwise

from agent_service.models.extractive.language import languages
from agent_service.models.extractive.task_sentences import reference_of
from agent_service.tools.schemas import Task
from agent_service.wishes.cues import flat, has, only_has
from agent_service.wishes.matching import content_words, is_said
from agent_service.wishes.own_words import Clause

LONGEST_REFERENCE = 4
# What says nothing of what a task is about.
UNTELLING = ("bulk", "pointing", "pointers", "fillers", "task_words")


def has_number(clause: Clause, task_id: int) -> bool:
    """Whether a number in the words is the task's: behind a word for tasks, or as all that is said."""
    words = clause.words.split()
    number = str(task_id)
    return (
        words in ([number], [f"#{number}"])
        or f"#{number}" in words
        or any(
            word == number and (before == "#" or has("task_words", before))
            for before, word in pairwise(words)
        )
    )


def names_everything(words: str) -> bool:
    """Whether words mean all tasks there are."""
    return has("task_words", words) or has("everything", words)


def fits_rest(words: str, task: Task) -> bool:
    """Whether what else is said of all tasks is true of this one: "all tasks tagged home"."""
    own = flat(f"{task.title} {' '.join(task.tags)} {task.priority} {task.notes}")
    return all(
        only_has(("everything", *UNTELLING), word) or is_said(word, own) for word in content_words(words)
    )


def references(words: str) -> list[tuple[str, int]]:
    """The words that point to tasks, longer ones first: kind, and place for "the second one"."""
    parts = words.split()
    found: list[tuple[str, int]] = []
    for length in range(LONGEST_REFERENCE, 0, -1):
        for begin in range(len(parts) - length + 1):
            piece = " ".join(parts[begin : begin + length])
            for language in languages().values():
                target = reference_of(piece, language)
                if target is not None and target.reference is not None:
                    found.append((target.reference, target.nth))
    return found
