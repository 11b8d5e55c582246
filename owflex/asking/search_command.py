"""`owflex search`: the best passages as a table; by the running server where there is one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.table import Table

from database.settings import read_settings
from knowledge_base.hits import WaitsFor
from mcp_server.results import SearchHit, SearchResult
from mcp_server.settings import McpServerSettings
from owflex.asking.readable import Passage, shortened
from owflex.asking.search_mode import SearchMode
from owflex.asking.server_search import search_by_server
from owflex.errors import OwflexError
from owflex.exit_codes import exit_code
from serving.terminal import Console, escape_line, json_text

PASSAGE_LENGTH = 400
errors = Console(stderr=True, highlight=False)


class QuestionEmptyError(OwflexError):
    """There is nothing to search for."""

    def __init__(self) -> None:
        super().__init__("The question is empty. Write what to search for.")


@dataclass(frozen=True)
class SearchOptions:
    """How to search and what to show; without `min_similarity` the configured threshold holds."""

    limit: int = 5
    min_similarity: float | None = None
    mode: SearchMode = SearchMode.HYBRID
    explain: bool = False
    as_json: bool = False
    collection: str | None = None
    source: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])

    def narrower(self) -> str:
        """The options that leave documents out, as they are called."""
        used = {"--collection": self.collection, "--source": self.source, "--meta": self.metadata}
        return ", ".join(name for name, value in used.items() if value)


@dataclass(frozen=True)
class Found:
    """A passage, whoever found it; `why` says how."""

    title: str
    source: str
    heading_path: list[str]
    page: int | None
    similarity: float
    content: str
    why: str


@dataclass(frozen=True)
class Searched:
    """What was found, best first, or below the threshold; `nothing` says why nothing was good enough.

    `so_far` says that not everything was searched by meaning, `corrected` which words were searched instead.
    """

    found: list[Found]
    nothing: str | None
    so_far: str | None = None
    how: str = ""
    corrected: str | None = None


def run_search(question: str, options: Callable[[], SearchOptions]) -> int:
    """Print the best passages; the exit code is 0 when there are any, 1 otherwise.

    `options` may raise `OptionError`.
    """
    return exit_code(lambda: _run(question, options()))


def _run(question: str, options: SearchOptions) -> int:
    if not question.strip():
        raise QuestionEmptyError
    searched = _searched(read_settings(McpServerSettings), question, options)
    if options.as_json:
        print(json_text([asdict(one) for one in searched.found]))  # noqa: T201
        if searched.nothing:
            errors.print(searched.nothing, soft_wrap=True)
    else:
        _show(question, searched, explain=options.explain)
    return 1 if searched.nothing else 0


def _searched(settings: McpServerSettings, question: str, options: SearchOptions) -> Searched:
    # The server tells less of how it searched.
    if options.mode is SearchMode.HYBRID and not options.explain:
        answer = search_by_server(settings, _arguments(question, options))
        if answer is not None:
            return _by_server(answer, options)
    # Only now: it imports what the server has loaded.
    from owflex.asking.local_search import search_here

    return search_here(settings, question, options)


def _arguments(question: str, options: SearchOptions) -> dict[str, Any]:
    narrower = {
        "collection": options.collection,
        "source": options.source,
        "filters": options.metadata or None,
        "min_similarity": options.min_similarity,
    }
    told = {name: value for name, value in narrower.items() if value is not None}
    return {"query": question, "limit": options.limit, **told}


def _by_server(answer: SearchResult, options: SearchOptions) -> Searched:
    below = answer.below_threshold
    nothing = why_nothing(answer.searched.chunks, below.threshold, below.best_similarity, options)
    found = [_of_server(hit, answer.text_marker) for hit in answer.results]
    so_far = words_so_far(answer.searched.waits_for, answer.searched.by_meaning, answer.searched.chunks)
    instead = searched_for(answer.searched.corrected)
    return Searched(found, None if found else nothing, so_far, corrected=instead)


def _of_server(hit: SearchHit, marker: str) -> Found:
    content = hit.content.removeprefix(f"<{marker}>\n").removesuffix(f"\n</{marker}>")
    return Found(
        hit.title, hit.source, hit.heading_path, hit.page, hit.similarity, content, f"{hit.similarity:.2f}"
    )


def searched_for(corrected: Mapping[str, str]) -> str | None:
    """What to say of words that no document has; None when all were searched as they are written."""
    if not corrected:
        return None
    pairs = ", ".join(f"“{escape_line(now)}” for “{escape_line(word)}”" for word, now in corrected.items())
    return f"Searched for {pairs}: no document has the word as it was written."


def words_so_far(waits_for: WaitsFor | None, by_meaning: int, chunks: int) -> str | None:
    """What to say when not all passages were compared by meaning; None when they were."""
    if waits_for is None:
        return None
    if waits_for == "model":
        return "By words so far: the embedding model of the server is still loading."
    return f"By words so far; meaning follows: {by_meaning} of {chunks} passages."


def why_nothing(chunks: int, threshold: float, best: float | None, options: SearchOptions) -> str:
    """What to say when nothing was found, and what to do."""
    if chunks == 0 and options.narrower():
        return f"No documents are left with {options.narrower()}. Leave it out, or see: owflex ingest list"
    if chunks == 0:
        return "There is nothing to search yet. Add documents with: owflex ingest PATH"
    return (
        f"Nothing in {chunks} passages is similar enough (threshold {threshold:g}, best {best or 0:.2f}). "
        "Ask in other words, or lower --min-similarity."
    )


def _show(question: str, searched: Searched, *, explain: bool) -> None:
    console = Console()
    for line in (searched.how, searched.corrected, searched.so_far, searched.nothing):
        if line:
            console.print(line)
    if searched.found:
        console.print(_table(question, searched.found, explain=explain))


def _table(question: str, found: Sequence[Found], *, explain: bool) -> Table:
    table = Table(title=escape_line(question), show_lines=True, expand=True)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("Where", ratio=2, overflow="fold")
    table.add_column("Passage", ratio=5)
    table.add_column("Why" if explain else "Similarity", justify="left" if explain else "right", no_wrap=True)
    for number, one in enumerate(found, start=1):
        table.add_row(str(number), _place(one), Passage(shortened(one.content, PASSAGE_LENGTH)), one.why)
    return table


def _place(found: Found) -> str:
    page = f", page {found.page}" if found.page is not None else ""
    lines = [found.title, " › ".join(found.heading_path), f"{found.source}{page}"]
    return "\n".join(escape_line(line) for line in lines)
