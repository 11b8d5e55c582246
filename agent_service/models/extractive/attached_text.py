"""What the extractive assistant says about attached files: it quotes the paragraph that fits best."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent_service.models.extractive.language import Language
from agent_service.models.extractive.terms import terms

OPENING = re.compile(
    r'\(The (?:user attached the )?file ("(?:[^"\\]|\\.)*").*?\)\n<(attached-file-[0-9a-f]{16})>\n', re.S
)
IMAGE = "(The image "
ENOUGH = 0.5
MAX_QUOTE_CHARACTERS = 1200


@dataclass(frozen=True)
class AttachedText:
    """The name of an attached file and its text."""

    name: str
    text: str


def attached_text(part: str) -> AttachedText | None:
    """The file in a part of a message; None when the part is no file's text."""
    opening = OPENING.match(part)
    if opening is None:
        return None
    text = part[opening.end() :].removesuffix(f"\n</{opening.group(2)}>")
    return AttachedText(opening.group(1)[1:-1].replace('\\"', '"').replace("\\\\", "\\"), text)


def is_image(part: str) -> bool:
    """Whether a part of a message stands for an attached image."""
    return part.startswith(IMAGE)


def attached_reply(
    question: str, files: Sequence[AttachedText], language: Language, *, sent_now: bool
) -> str | None:
    """The paragraph with most of the question's words; None when the files say nothing to it.

    Of files sent with the question itself the beginning is quoted when nothing fits better.
    """
    wanted = terms(question, language)
    best = max(_paragraphs(files), key=lambda entry: _share(wanted, entry[1], language), default=None)
    if best is not None and _share(wanted, best[1], language) >= ENOUGH:
        return f"{language.phrase('attached', name=best[0])}\n\n{_quote(best[1])}"
    if sent_now and files:
        first = files[0]
        begins = language.phrase("attached_begins", name=first.name)
        return f"{begins}\n\n{_quote(first.text.strip())}"
    return None


def _paragraphs(files: Sequence[AttachedText]) -> list[tuple[str, str]]:
    return [
        (file.name, paragraph)
        for file in files
        for paragraph in re.split(r"\n\s*\n", file.text)
        if paragraph.strip()
    ]


def _share(wanted: set[str], paragraph: str, language: Language) -> float:
    return len(wanted & terms(paragraph, language)) / len(wanted) if wanted else 0.0


def _quote(text: str) -> str:
    cut = text.strip()[:MAX_QUOTE_CHARACTERS]
    shown = cut if len(cut) == len(text.strip()) else cut.rpartition(" ")[0] + " …"
    return "\n".join(f"> {line}" for line in shown.splitlines())
