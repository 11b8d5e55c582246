"""Headings that name a subject, and those that do not."""

import re

from agent_service.models.extractive.language import languages
from agent_service.models.extractive.templates import plain


def is_empty_heading(heading: str) -> bool:
    """Whether a heading names no subject: "More info", "Recap"."""
    words = [word for word in re.findall(r"\w+", plain(heading)) if not word.isdigit()]
    return any(set(words) <= one.words("text", "empty_headings") | one.common for one in languages().values())
