"""What is said after a search: quotes, with doubt where there is doubt, or none."""

from collections.abc import Sequence
from dataclasses import replace

from agent_service.models.extractive.asked import Asked
from agent_service.models.extractive.finding import Found
from agent_service.models.extractive.language import Language, detected
from agent_service.models.extractive.markdown_blocks import LIST_ITEM, as_plain_text
from agent_service.models.extractive.naming import unspoken
from agent_service.models.extractive.quoting import Quote, choose_quotes, render_quotes
from agent_service.models.extractive.templates import plain
from agent_service.tools.for_people import for_people

# From this confidence on, an answer that cites nothing would be said to rest on nothing.
PROBABLE = 0.3


def found_reply(found: Found, asked: Asked, language: Language, *, lead: str = "found") -> str:
    """The answer in quotes below the sentence `lead`, which gives way to doubt where there is doubt.

    Where the passages are beside the point, a sentence that says so.
    """
    if found.is_beside:
        return refusal(found, language)
    quotes, words = _speaking(found, asked, language)
    if not quotes or words:
        return refusal(found, language, words)
    if lead == "found" and all(asked.has_said(quote.markdown.partition("\n\n")[0]) for quote in quotes):
        lead = "said_before"
    shown = render_quotes(quotes, language)
    return f"{lead_of(found, shown, language, lead)}\n\n{shown}"


def _speaking(found: Found, asked: Asked, language: Language) -> tuple[list[Quote], list[str]]:
    """The quotes, and the names in the question that they lack.

    Where they lack some, those below a heading that the question has are quoted, if there are any.
    """
    quotes = worth_quoting(found, asked)
    words = unspoken(found, [quote.passage for quote in quotes], asked.asked_as, language)
    headed = [one for one in found.result.results if any(map(asked.names, one.heading_path[-1:]))]
    if not words or not headed:
        return quotes, words
    below = replace(found, result=found.result.model_copy(update={"results": headed}))
    quotes = worth_quoting(below, asked) or choose_quotes(asked, headed, most=1)
    return quotes, unspoken(found, [quote.passage for quote in quotes], asked.asked_as, language)


def lead_of(found: Found, shown: str, language: Language, lead: str) -> str:
    """The sentence above the quotes."""
    is_doubtful = found.result.confidence is not None and not found.is_sure
    missing = _missing_words(found, language)
    if is_doubtful and missing:
        return language.phrase("hedged_without", title=_subject(found), words=missing)
    spoken = detected(shown)
    if spoken is not None and spoken is not language:
        key = "foreign_hedged" if is_doubtful else "foreign"
        return language.phrase(key, language=language.name_of(spoken))
    return language.phrase("hedged" if is_doubtful else lead)


def worth_quoting(found: Found, asked: Asked) -> list[Quote]:
    """The quotes that say something to the question."""
    quotes = [quote for quote in choose_quotes(asked, found.result.results) if not _leads_on(quote)]
    sure = [quote for quote in quotes if quote.is_sure]
    # A question in another language than its answer shares no word with it.
    confidence = found.result.confidence
    return sure or (quotes[:1] if confidence is not None and confidence >= PROBABLE else [])


def _leads_on(quote: Quote) -> bool:
    """Whether a quote is a step that only leads to what is not quoted: "1. Add the package source:"."""
    return LIST_ITEM.match(quote.markdown) is not None and quote.markdown.rstrip().endswith(":")


def refusal(found: Found, language: Language, unsaid: Sequence[str] = ()) -> str:
    """That there is nothing, and what comes closest, if anything does; `unsaid` are names that it lacks."""
    result = found.result
    if result.searched.chunks == 0 and not result.results:
        return for_people(result.hint or "") or language.phrase("no_documents")
    missing = _listed(unsaid) or _missing_words(found, language)
    if result.results and missing:
        said = language.phrase("nothing_without", title=_subject(found), words=missing)
    elif result.results:
        said = language.phrase("nothing_near", title=as_plain_text(_spaced(result.results[0].title)))
    else:
        said = language.phrase("nothing")
    return f"{said} {language.phrase('advice')}"


def _missing_words(found: Found, language: Language) -> str:
    """The question's words that nothing found has, as people read them; none where others were searched."""
    if found.language is not language:
        return ""
    return _listed([word for word in found.result.searched.missing if plain(word) not in language.common])


def _listed(words: Sequence[str]) -> str:
    return ", ".join(map(as_plain_text, words))


def _subject(found: Found) -> str:
    """What the best passage speaks of: its document, and the heading above it."""
    best = found.result.results[0]
    names = [best.title, *best.heading_path[-1:]]
    return as_plain_text(" › ".join(dict.fromkeys(map(_spaced, names))))


def _spaced(text: str) -> str:
    return " ".join(text.split())
