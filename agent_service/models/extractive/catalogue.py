"""What is said about the documents as such: how many there are, which ones, and which are about a topic."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from agent_service.models.extractive.asked import Asked
from agent_service.models.extractive.calls import Calls
from agent_service.models.extractive.headings import is_changelog
from agent_service.models.extractive.language import Language
from agent_service.models.extractive.markdown_blocks import as_plain_text
from agent_service.models.extractive.terms import terms
from agent_service.tools.schemas import DocumentEntry, Passage

MAX_LISTED = 200
MAX_SHOWN = 30
MAX_MORE_PAGES = 5
MAX_PAGES = 12
TITLES_OF_FOLDER = 4
SEARCHED = 20
# Of the question's words, what a page found must speak of; and of the best score, what it needs.
LEAST_SHARED = 0.5
WORTH_NAMING = 0.6
WORDS = re.compile(r"[^\W_]+")


def counted(calls: Calls, language: Language) -> str:
    """How many documents there are, in which collections. Raises `CallNeeded` and `CallFailedError`."""
    collections = [entry for entry in calls.collections().collections if entry.documents]
    total = sum(entry.documents for entry in collections)
    if not total:
        return language.phrase("no_documents")
    names = ", ".join(f"**{as_plain_text(entry.name)}** ({entry.documents})" for entry in collections)
    if len(collections) > 1:
        return language.phrase("count", documents=total, collections=len(collections), names=names)
    key = "count_one" if total > 1 else "count_single"
    return language.phrase(key, documents=total, names=as_plain_text(collections[0].name))


def overview(calls: Calls, language: Language) -> str:
    """The documents by folder. Raises `CallNeeded` and `CallFailedError`."""
    documents, has_more = _all_documents(calls)
    if not documents:
        return language.phrase("no_documents")
    total = str(len(documents)) + ("+" if has_more else "")
    head = language.phrase("overview_one" if total == "1" else "overview", count=total)
    is_short = len(documents) <= MAX_SHOWN
    lines = [_line(document) for document in documents] if is_short else _folders(documents, language)
    return f"{head}\n\n" + "\n".join(lines) + f"\n\n{language.phrase('overview_hint')}"


def _all_documents(calls: Calls) -> tuple[list[DocumentEntry], bool]:
    """The documents, page by page, and whether there are more than are worth reading."""
    listed = calls.documents(limit=MAX_LISTED)
    documents = list(listed.documents)
    for _ in range(MAX_MORE_PAGES):
        if listed.next_cursor is None:
            break
        listed = calls.documents(limit=MAX_LISTED, cursor=listed.next_cursor)
        documents += listed.documents
    return documents, listed.next_cursor is not None


def _folders(documents: Sequence[DocumentEntry], language: Language) -> list[str]:
    root = _common_folder([document.source for document in documents])
    groups: dict[str, list[DocumentEntry]] = {}
    for document in documents:
        inner = document.source.removeprefix(root).lstrip("/")
        folder = inner.partition("/")[0] if "/" in inner else PurePosixPath(root).name or "/"
        groups.setdefault(folder, []).append(document)
    return [_folder(name, group, language) for name, group in list(groups.items())[:MAX_SHOWN]]


def _common_folder(sources: Sequence[str]) -> str:
    """The folder that all of the places are in; empty without one."""
    shared = list(PurePosixPath(sources[0]).parent.parts)
    for source in sources:
        parts = PurePosixPath(source).parts
        while shared and tuple(shared) != parts[: len(shared)]:
            shared.pop()
    return "/".join(shared)


def _folder(name: str, group: Sequence[DocumentEntry], language: Language) -> str:
    titles = [as_plain_text(document.title) for document in group[:TITLES_OF_FOLDER]]
    more = len(group) - len(titles)
    said = ", ".join(titles) + (f" {language.phrase('overview_more', count=more)}" if more else "")
    return "- " + language.phrase(
        "overview_folder", folder=as_plain_text(name), count=len(group), titles=said
    )


def _line(document: DocumentEntry, mark: str = "") -> str:
    return f"- {as_plain_text(document.title)} (`{document.source}`){mark}"


def pages_about(calls: Calls, topic: str, asked: Asked, language: Language) -> str | None:
    """The pages about a topic: those named after it, then those that speak of it; None without any.

    Raises `CallNeeded` and `CallFailedError`.
    """
    found = calls.search(asked.query, limit=SEARCHED).results
    named = calls.documents(query=" ".join(WORDS.findall(asked.query))[:200], limit=MAX_LISTED).documents
    by_source: dict[str, Passage] = {}
    for passage in found:
        by_source.setdefault(passage.source, passage)
    speaking = [passage for passage in _speaking(found, asked) if passage.source in by_source]
    entries = {document.source: document for document in named}
    for passage in speaking:
        entries.setdefault(passage.source, DocumentEntry(title=passage.title, source=passage.source))
    if not entries:
        return None
    shown = list(entries.values())[:MAX_PAGES]
    lines = [_line(entry, _mark(by_source.get(entry.source))) for entry in shown]
    key = "one_page" if len(entries) == 1 else "pages"
    head = language.phrase(key, count=len(entries), topic=as_plain_text(topic))
    more = [language.phrase("pages_more")] if len(entries) > len(shown) else []
    return "\n\n".join([head, "\n".join(lines), *more])


def _mark(passage: Passage | None) -> str:
    return f" [[{passage.chunk_id}]]" if passage is not None else ""


def _speaking(found: Sequence[Passage], asked: Asked) -> list[Passage]:
    """One passage of each document that speaks of the topic; lists of changes when there is nothing else."""
    best = max((passage.closeness for passage in found), default=0.0)
    fitting = [
        passage
        for passage in found
        if passage.closeness >= WORTH_NAMING * best and _shares(passage, asked) >= LEAST_SHARED
    ]
    guides = [passage for passage in fitting if not is_changelog(passage)]
    return guides or fitting


def _shares(passage: Passage, asked: Asked) -> float:
    words = terms(" ".join([passage.title, *passage.heading_path, passage.text]), asked.language)
    return len(asked.terms & words) / (len(asked.terms) or 1)
