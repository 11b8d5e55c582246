"""What the extractive assistant says after a search: quotes, with doubt where there is doubt, or none."""

from agent_service.models.extractive.markdown_blocks import as_plain_text
from agent_service.models.extractive.quoting import Quote, choose_quotes, render_quotes
from agent_service.models.extractive.terms import terms
from agent_service.tools.for_people import for_people
from agent_service.tools.schemas import SearchResult

# `confidence` is how likely the passages answer the question, so these are odds: about one in seven, two in
# five.
LEAST_CONFIDENCE = 0.15
SURE_CONFIDENCE = 0.4

FOUND = "This is what the documents say:"
FOUND_TOGETHER = "Taken together with your question before, this is what the documents say:"
HEDGED = "I am not sure that this answers your question; it is the closest the documents come:"
NOTHING = "I found nothing about this in your documents"
ADVICE = "Other words may help, or the answer is not in the documents."


def is_confident(result: SearchResult) -> bool:
    """Whether the passages probably answer the question."""
    return result.confidence is not None and result.confidence >= SURE_CONFIDENCE


def result_terms(result: SearchResult) -> set[str]:
    """The comparable words of all passages, with their titles and headings."""
    return {
        word
        for passage in result.results
        for word in terms(" ".join([passage.title, *passage.heading_path, passage.text]))
    }


def found_reply(result: SearchResult, query: str, *, lead: str = FOUND) -> str:
    """The answer to `query` in quotes below `lead`, which gives way to doubt where there is doubt.

    Where the passages are beside the point, a sentence that says so.
    """
    if result.confidence is not None and result.results and result.confidence < LEAST_CONFIDENCE:
        return _refusal(result)
    quotes = _worth_quoting(result, query)
    if not quotes:
        return _nothing_found(result)
    is_doubtful = result.confidence is not None and not is_confident(result)
    return f"{HEDGED if is_doubtful else lead}\n\n{render_quotes(quotes)}"


def _worth_quoting(result: SearchResult, query: str) -> list[Quote]:
    quotes = choose_quotes(query, result.results)
    sure = [quote for quote in quotes if quote.is_sure]
    # A question in another language than its answer shares no word with it.
    return sure or (quotes[:1] if is_confident(result) else [])


def _refusal(result: SearchResult) -> str:
    title = as_plain_text(" ".join(result.results[0].title.split()))
    return (
        f"{NOTHING}, only passages that are probably beside the point. The closest document is “{title}”. "
        f"{ADVICE}"
    )


def _nothing_found(result: SearchResult) -> str:
    if result.searched.chunks == 0:
        return for_people(result.hint or "") or "There are no documents to search yet."
    below = result.below_threshold
    if result.results or below.best_similarity is None:
        closeness = "what comes closest speaks of something else"
    else:
        closeness = (
            f"the closest reaches a similarity of {below.best_similarity:.2f}, "
            f"and {below.threshold:.2f} is needed"
        )
    return f"{NOTHING}. I searched {result.searched.chunks} passages; {closeness}. {ADVICE}"
