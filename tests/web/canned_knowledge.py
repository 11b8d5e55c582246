"""Knowledge routes with canned answers, in the shapes of the real ones."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

MARKER = "document-text-0badcafe"
UPDATED = "2026-11-20T08:00:00Z"
HOSTILE = (
    '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> [x](javascript:window.hacked=1)'
)
PAGE = 50
# What the canned search says: title, similarity, part of the words, stems.
FOUND: list[tuple[str, float, float, list[str]]] = [
    ("Staff handbook", 0.71, 0.9, ["holiday", "polici"]),
    ("Travel policy", 0.42, 0.2, ["polici"]),
    ("Error codes", 0.12, 0.8, ["holiday"]),
    ("Canteen", 0.18, 0.0, []),
]
THRESHOLD = 0.3
ENOUGH_WORDS = 0.5


@dataclass
class CannedKnowledge:
    """What the canned service knows, and how it behaves."""

    uploads_allowed: bool = True
    # The user may only read what is there, and has a place of their own.
    reads_only: bool = False
    documents: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    evaluations: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    uploads: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    searches: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    broken: bool = False
    # While it is not set, workers do nothing.
    worker: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, title: str, source: str, collection: str = "handbook", **more: Any) -> int:
        """A document; its id."""
        document_id = len(self.documents) + 1
        entry = {
            "document_id": document_id,
            "title": title,
            "source": source,
            "collection": collection,
            "media_type": "text/markdown",
            "chunks": 4,
            "updated_at": UPDATED,
        }
        self.documents.append(entry | more)
        return document_id

    def entry(self, upload_id: int) -> dict[str, Any]:
        """How an upload stands."""
        upload = self.uploads[upload_id]
        if upload["status"] == "waiting" and self.worker.is_set():
            self._finish(upload)
        return upload

    def _finish(self, upload: dict[str, Any]) -> None:
        if upload["outcome"] == "removing":
            self.documents = [
                entry for entry in self.documents if entry["document_id"] != upload["document_ids"][0]
            ]
            upload.update(status="done", outcome="removed", chunks=0)
        elif "broken" in upload["source"]:
            upload.update(status="failed", reason="The file is damaged.")
        else:
            document_id = self.add(upload["source"], f"added-by/ann/{upload['source']}", upload["collection"])
            upload.update(status="done", outcome="added", document_ids=[document_id], chunks=42)

    def new_upload(self, source: str, collection: str, **more: Any) -> dict[str, Any]:
        """A new upload, waiting for a worker."""
        upload_id = len(self.uploads) + 1
        self.uploads[upload_id] = {
            "upload_id": upload_id,
            "status": "waiting",
            "outcome": None,
            "collection": collection,
            "source": source,
            "document_ids": [],
            "chunks": 0,
            "reason": None,
            "hint": None,
        } | more
        return self.entry(upload_id)


def add_knowledge_routes(app: FastAPI, known: CannedKnowledge, config: Mapping[str, Any]) -> None:
    """Put the routes below /knowledge, and a config.json that tells of them, before those of the app."""
    before = list(app.router.routes)
    app.router.routes.clear()

    def settings() -> dict[str, Any]:
        return {**config, "knowledge": {"view": True, "uploads": known.uploads_allowed}}

    app.get("/config.json")(settings)
    _add_reading(app, known)
    _add_writing(app, known)
    app.router.routes.extend(before)


def _add_reading(app: FastAPI, known: CannedKnowledge) -> None:
    def rights() -> dict[str, Any]:
        return {
            "uploads": known.uploads_allowed,
            "max_bytes": 3_000_000,
            "own_collection": known.reads_only,
        }

    def collections() -> dict[str, Any]:
        names = sorted({entry["collection"] for entry in known.documents})
        counts = {name: sum(entry["collection"] == name for entry in known.documents) for name in names}
        entries = [
            {
                "name": name,
                "right": "read" if known.reads_only and name != "My documents" else "manage",
                "language": "english",
                "documents": count,
                "chunks": 4 * count,
                "changed_at": None,
            }
            for name, count in counts.items()
        ]
        return {"collections": entries, "next_cursor": None}

    def documents(request: Request) -> Any:
        return _refused(503, "The documents cannot be reached.") if known.broken else _listed(known, request)

    def document(document_id: int, request: Request) -> Any:
        found = [entry for entry in known.documents if entry["document_id"] == document_id]
        return _read(found[0], request) if found else _refused(404, "This document is not there.")

    async def search(request: Request) -> dict[str, Any]:
        question = await request.json()
        known.searches.append(question)
        return _found(question)

    def reports() -> dict[str, Any]:
        heads = [{"name": name} | report for name, report in known.evaluations.items()]
        return {"evaluations": heads}

    def report(name: str) -> dict[str, Any]:
        return {"name": name} | known.evaluations[name]

    app.get("/knowledge/rights")(rights)
    app.get("/knowledge/collections")(collections)
    app.get("/knowledge/documents", response_model=None)(documents)
    app.get("/knowledge/documents/{document_id}", response_model=None)(document)
    app.get("/knowledge/documents/{document_id}/chunks")(_around)
    app.post("/knowledge/search")(search)
    app.get("/knowledge/evaluations")(reports)
    app.get("/knowledge/evaluations/{name}")(report)


def _add_writing(app: FastAPI, known: CannedKnowledge) -> None:
    async def add(request: Request) -> dict[str, Any]:
        if request.headers["content-type"].startswith("application/json"):
            wanted = await request.json()
            return known.new_upload(wanted["url"], wanted["collection"])
        form = await request.form()
        return known.new_upload(str(getattr(form["file"], "filename", "")), str(form["collection"]))

    def remove(document_id: int) -> dict[str, Any]:
        return known.new_upload("x", "handbook", outcome="removing", document_ids=[document_id])

    def upload(upload_id: int) -> dict[str, Any]:
        return known.entry(upload_id)

    app.post("/knowledge/documents")(add)
    app.delete("/knowledge/documents/{document_id}")(remove)
    app.get("/knowledge/uploads/{upload_id}")(upload)
    assert all(isinstance(route, APIRoute) for route in app.router.routes)


def _refused(status: int, message: str) -> Response:
    return JSONResponse({"error": {"code": "x", "message": message}}, status_code=status)


def _listed(known: CannedKnowledge, request: Request) -> dict[str, Any]:
    values = request.query_params
    words = values.get("query", "").lower().split()
    fitting = [
        entry
        for entry in known.documents
        if values.get("collection") in (None, entry["collection"])
        and all(word in f"{entry['title']} {entry['source']}".lower() for word in words)
    ]
    newest = values.get("sort") == "newest"
    fitting.sort(key=lambda entry: entry["updated_at" if newest else "source"], reverse=newest)
    start = int(values.get("cursor", "0"))
    more = start + PAGE < len(fitting)
    return {
        "documents": fitting[start : start + PAGE],
        "next_cursor": str(start + PAGE) if more else None,
    }


def _read(entry: dict[str, Any], request: Request) -> dict[str, Any]:
    part = int(request.query_params.get("from", "0"))
    text = (
        f"# {entry['title']}\n\nEverybody has **25 days** a year. {HOSTILE}"
        if not part
        else "The second part."
    )
    return {
        **{key: entry[key] for key in ("document_id", "title", "source", "collection")},
        "metadata": {"year": 2026, "tags": ["hr", "leave"]},
        "metadata_left_out": 0,
        "notes": ["Header and footer: 2 lines left out on 5 pages.", HOSTILE],
        "text_marker": MARKER,
        "content": fenced(text),
        "next_position": None if part else 2,
    }


def _around(document_id: int, around: int, before: int = 2, after: int = 2) -> dict[str, Any]:
    first, last = max(1, around - before), min(20, around + after)
    chunks = [
        {
            "chunk_id": chunk_id,
            "position": chunk_id,
            "heading_path": ["Leave", "Holidays"],
            "page": 3,
            "content": fenced(f"Passage number {chunk_id}."),
        }
        for chunk_id in range(first, last + 1)
    ]
    return {
        "document_id": document_id,
        "title": "Staff handbook",
        "source": "hr/leave.md",
        "text_marker": MARKER,
        "chunks": chunks,
        "previous": first - 1 if first > 1 else None,
        "next": last + 1 if last < 20 else None,
    }


def _found(question: dict[str, Any]) -> dict[str, Any]:
    threshold = question.get("min_similarity", THRESHOLD)
    nothing = "nothing" in question["query"]
    entries = [] if nothing else list(enumerate(FOUND[: question["limit"]], start=1))
    passing = [
        _hit(place, found) for place, found in entries if found[1] >= threshold or found[2] >= ENOUGH_WORDS
    ]
    below = [found[1] for _, found in entries if found[1] < threshold and found[2] < ENOUGH_WORDS]
    return {
        "results": passing,
        "text_marker": MARKER,
        "searched": {"chunks": 40, "mode": "hybrid"},
        "below_threshold": {
            "count": len(below),
            "best_similarity": max(below, default=None),
            "threshold": threshold,
        },
        "confidence": 0.64,
        "hint": "The knowledge base is empty." if nothing else None,
    }


def _hit(place: int, found: tuple[str, float, float, list[str]]) -> dict[str, Any]:
    title, similarity, keyword, stems = found
    text = f"{title}: our Holidays and policies. {HOSTILE} " + "A long passage goes on and on. " * 14
    return {
        "chunk_id": place + 4,
        "document_id": 1,
        "title": title,
        "source": f"hr/{title}.md",
        "heading_path": ["Leave", "Holidays"],
        "page": 3,
        "position": place,
        "content": fenced(text),
        "similarity": similarity,
        "score": round((similarity + keyword) / 2, 3),
        "why": {
            "similarity": similarity,
            "keyword_score": keyword,
            "matched_terms": stems,
            "rank_vector": place,
            "rank_keyword": place if stems else None,
        },
    }


def fenced(text: str) -> str:
    """The text as the service sends it."""
    return f"<{MARKER}>\n{text}\n</{MARKER}>"
