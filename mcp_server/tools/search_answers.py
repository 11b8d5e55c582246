"""The answer of `search_documents`, in its two forms, and what it advises."""

from collections.abc import Iterable

from fastmcp.server.dependencies import get_context

from knowledge_base.hit_merging import with_neighbours_joined
from knowledge_base.hits import Hit
from knowledge_base.search import SearchOutcome
from mcp_server.calls.app_clients import shows_apps
from mcp_server.calls.changes_made import tell
from mcp_server.calls.cursors import that_fit
from mcp_server.passages import fenced, new_marker, within_budget
from mcp_server.results import BelowThreshold, Searched, SearchHit, SearchResult, Why
from mcp_server.telling_lines import telling_line

# Below it clients are told to look twice.
DOUBTFUL = 0.5
# Beside the answer, by chunk_id: the stems of the words that matched, which an app marks.
MATCHED_IN_META = "owflex/matched"


def search_result(
    outcome: SearchOutcome, token_budget: int, *, nothing: str, explain: bool, compact_for: str | None
) -> SearchResult:
    """The answer within the budget; `compact_for` is the question of one without texts."""
    marker = new_marker()
    hits = with_neighbours_joined(outcome.hits)
    if compact_for is None:
        fitting = within_budget(hits, token_budget)
        shown = [_hit(hit, marker, explain=explain) for hit in fitting]
    else:
        shown = that_fit([_compact(hit, compact_for, explain=explain) for hit in hits], token_budget)
    _tell_apps(hits[: len(shown)])
    return SearchResult(
        results=shown,
        text_marker=marker,
        searched=_searched(outcome),
        below_threshold=BelowThreshold(
            count=len(outcome.below),
            best_similarity=_rounded(outcome.best_similarity_below),
            threshold=outcome.threshold,
        ),
        confidence=round(outcome.confidence, 3),
        hint=_hint(outcome, left_out=len(hits) - len(shown), nothing=nothing),
    )


def _tell_apps(shown: Iterable[Hit]) -> None:
    request = get_context().request_context
    if request is not None and shows_apps(request.session):
        tell(MATCHED_IN_META, {str(hit.chunk_id): hit.matched for hit in shown})


def _searched(outcome: SearchOutcome) -> Searched:
    return Searched(
        chunks=outcome.chunks_searched,
        chunks_is_estimated=outcome.is_estimated,
        mode="keyword" if outcome.waits_for == "model" else outcome.mode,
        by_meaning=outcome.chunks_by_meaning,
        waits_for=outcome.waits_for,
        corrected=dict(outcome.corrected),
        missing=list(outcome.missing),
    )


def _hint(outcome: SearchOutcome, *, left_out: int, nothing: str) -> str | None:
    if left_out:
        return (
            f"{left_out} more results were left out to keep the answer short. "
            "Ask for a smaller limit, or read on with get_document."
        )
    if outcome.hits:
        return _hint_of_missing(outcome)
    if outcome.chunks_searched == 0:
        return nothing
    if outcome.waits_for is not None:
        return (
            f"Only {outcome.chunks_by_meaning} of {outcome.chunks_searched} passages could be compared by "
            "meaning so far, the others by their words. Use words that the documents would use, or try again "
            "in a minute."
        )
    return (
        f"None of the {outcome.chunks_searched} passages reaches the similarity {outcome.threshold:g}; "
        f"the best has {outcome.best_similarity_below or 0:.2f}. The documents probably do not answer this. "
        "Try other words once, or say that it is not in the documents."
    )


def _hint_of_missing(outcome: SearchOutcome) -> str | None:
    if not outcome.missing or outcome.confidence >= DOUBTFUL:
        return None
    words = ", ".join(f"“{word}”" for word in outcome.missing)
    return (
        f"None of these results speaks of {words}: they may be about something else. If they do not answer, "
        "say what the documents do speak of (title and headings of the results), and of what they do not."
    )


def _hit(hit: Hit, marker: str, *, explain: bool) -> SearchHit:
    return SearchHit(
        chunk_id=hit.chunk_id,
        document_id=hit.document_id,
        title=hit.title,
        source=hit.source,
        heading_path=hit.heading_path,
        page=hit.page,
        position=hit.position,
        content=fenced(hit.content, marker),
        similarity=round(hit.similarity, 4),
        similarity_is_estimated=hit.estimated,
        score=round(hit.score, 4),
        why=_why(hit) if explain else None,
    )


def _compact(hit: Hit, query: str, *, explain: bool) -> SearchHit:
    """The hit for choosing what to read: read_chunks has its text, for so many tokens."""
    whole = _hit(hit, "", explain=explain)
    line = telling_line(hit.content, query)
    return whole.model_copy(update={"content": "", "line": line, "tokens": hit.token_count})


def _why(hit: Hit) -> Why:
    return Why(
        similarity=round(hit.similarity, 4),
        keyword_score=round(hit.keyword, 4),
        matched_terms=hit.matched,
        rank_vector=hit.vector_rank,
        rank_keyword=hit.keyword_rank,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
