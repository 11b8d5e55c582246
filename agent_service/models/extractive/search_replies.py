"""What is said after a search: quotes, with doubt where there is doubt, or none."""

from agent_service.models.extractive.asked import Asked
from agent_service.models.extractive.finding import Found
from agent_service.models.extractive.language import Language, detected
from agent_service.models.extractive.markdown_blocks import as_plain_text
from agent_service.models.extractive.quoting import Quote, choose_quotes, render_quotes
from agent_service.tools.for_people import for_people

# From this confidence on, an answer that cites nothing would be said to rest on nothing.
PROBABLE = 0.3


def found_reply(found: Found, asked: Asked, language: Language, *, lead: str = "found") -> str:
    """The answer in quotes below the sentence `lead`, which gives way to doubt where there is doubt.

    Where the passages are beside the point, a sentence that says so.
    """
    if found.is_beside:
        return refusal(found, language)
    quotes = worth_quoting(found, asked)
    if not quotes:
        return refusal(found, language)
    if lead == "found" and all(asked.has_said(quote.markdown.partition("\n\n")[0]) for quote in quotes):
        lead = "said_before"
    shown = render_quotes(quotes, language)
    return f"{lead_of(found, shown, language, lead)}\n\n{shown}"


def lead_of(found: Found, shown: str, language: Language, lead: str) -> str:
    """The sentence above the quotes."""
    is_doubtful = found.result.confidence is not None and not found.is_sure
    spoken = detected(shown)
    if spoken is not None and spoken is not language:
        key = "foreign_hedged" if is_doubtful else "foreign"
        return language.phrase(key, language=language.name_of(spoken))
    return language.phrase("hedged" if is_doubtful else lead)


def worth_quoting(found: Found, asked: Asked) -> list[Quote]:
    """The quotes that say something to the question."""
    quotes = choose_quotes(asked, found.result.results)
    sure = [quote for quote in quotes if quote.is_sure]
    # A question in another language than its answer shares no word with it.
    confidence = found.result.confidence
    return sure or (quotes[:1] if confidence is not None and confidence >= PROBABLE else [])


def refusal(found: Found, language: Language) -> str:
    """That there is nothing, and what comes closest, if anything does."""
    result = found.result
    if result.searched.chunks == 0 and not result.results:
        return for_people(result.hint or "") or language.phrase("no_documents")
    if result.results:
        title = as_plain_text(" ".join(result.results[0].title.split()))
        said = language.phrase("nothing_near", title=title)
    else:
        said = language.phrase("nothing")
    return f"{said} {language.phrase('advice')}"
