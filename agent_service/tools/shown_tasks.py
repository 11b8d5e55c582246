"""What models are told of a card with tasks: which ones it shows, so that "the second one" can be found."""

import re
from collections.abc import Sequence

NOTE = "(The user sees a card with these tasks: {numbers}.)"
READ = re.compile(re.escape(NOTE).replace(re.escape("{numbers}"), r"(\d+(?:, \d+)*)"))


def shown_tasks_note(task_ids: Sequence[int]) -> str:
    """The line for the model."""
    return NOTE.format(numbers=", ".join(map(str, task_ids)))


def shown_tasks_in(text: str) -> list[int]:
    """The ids in the last such line of a text; none without one."""
    found = READ.findall(text)
    return [int(number) for number in found[-1].split(", ")] if found else []
