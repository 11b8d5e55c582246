"""Headings that name a subject, those that do not, and titles of lists of changes."""

import re

from agent_service.models.extractive.language import languages
from agent_service.models.extractive.templates import plain
from agent_service.tools.schemas import Passage


def is_empty_heading(heading: str) -> bool:
    """Whether a heading names no subject: "More info", "Recap"."""
    words = [word for word in re.findall(r"\w+", plain(heading)) if not word.isdigit()]
    return any(set(words) <= one.words("text", "empty_headings") | one.common for one in languages().values())


def is_changelog(passage: Passage) -> bool:
    """Whether a passage is of a list of changes, by the name of its document."""
    name = re.split(r"[/\\]", passage.source)[-1].partition(".")[0]
    titles = {" ".join(plain(text).replace("_", " ").split()) for text in (name, passage.title)}
    names = (language.data["text"]["changelogs"] for language in languages().values())
    return any(title == plain(known) for listed in names for known in listed for title in titles)
