"""Which language a document is in, found by its letters; unsure ones are left to their collection."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Protocol, cast

from ingest.reading.chunked_document import ChunkedDocument

# The languages whose stems Postgres knows, by their codes of ISO 639-1. Others are called by their code.
NAMES = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
    # Written alike, so their words are the same ones.
    "wuu": "zh",
    "yue": "zh",
    "arz": "arabic",
    "ary": "arabic",
}
NO_LANGUAGE = "zxx"
# What is read of a document: its beginning says it.
SAMPLE_CHARACTERS = 2_000
# Fewer letters, or less probable than this, is a guess. A character of Chinese says as much as a few letters.
LEAST_LETTERS, LEAST_PROBABLE = 60, 0.9
LETTERS = re.compile(r"[^\W\d_]")
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
LETTERS_OF_UNSPACED = 4
# Programs and addresses are in no language, and text of one is often about another.
NOT_PROSE = re.compile(r"^(`{3,}).*?^\1|`[^`\n]*`|https?://\S+", re.DOTALL | re.MULTILINE)


class Identifier(Protocol):
    """What we use of py3langid, which has no types."""

    def rank(self, text: str) -> Sequence[tuple[str, float]]:
        """All languages by their codes, with their probabilities."""
        ...


def with_languages(content: ChunkedDocument) -> ChunkedDocument:
    """The document and those inside it, each with its language where that is sure."""
    language = language_of(chunk.content for chunk in content.chunks)
    return replace(content, language=language, members=tuple(map(with_languages, content.members)))


def language_of(passages: Iterable[str]) -> str | None:
    """The language of a text as vocabularies are called; None where it is not sure, or there is none."""
    sample = _sample(passages)
    letters = len(LETTERS.findall(sample)) + LETTERS_OF_UNSPACED * len(UNSPACED.findall(sample))
    if letters < LEAST_LETTERS:
        return None
    probable: dict[str, float] = {}
    for code, probability in _identifier().rank(sample):
        name = NAMES.get(code, code)
        probable[name] = probable.get(name, 0) + float(probability)
    name = max(probable, key=probable.__getitem__)
    return name if name != NO_LANGUAGE and probable[name] >= LEAST_PROBABLE else None


def _sample(passages: Iterable[str]) -> str:
    parts: list[str] = []
    missing = SAMPLE_CHARACTERS
    for passage in passages:
        part = NOT_PROSE.sub(" ", passage)[:missing]
        parts.append(part)
        missing -= len(part)
        if missing <= 0:
            break
    return "\n".join(parts)


@cache
def _identifier() -> Identifier:
    # Half a second and 100 MB, which a run that changes nothing needs not.
    from py3langid.langid import (  # pyright: ignore[reportMissingTypeStubs]
        MODEL_FILE,
        LanguageIdentifier,
    )

    loaded = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)  # pyright: ignore[reportUnknownMemberType]
    return cast("Identifier", loaded)
