"""A client of the knowledge routes, and a worker for what it uploads."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from ingest.ingestion import open_ingestion
from ingest.jobs.queue import open_queue, run_worker
from ingest.report import Silent
from ingest.settings import IngestSettings
from knowledge_base.embedding import SentenceTransformerEmbedder


def message_of(answer: httpx2.Response) -> str:
    """The sentence for people in a refusal."""
    return answer.json()["error"]["message"]


@dataclass(frozen=True)
class Knowledge:
    """A client of the knowledge routes."""

    url: str
    http: httpx2.AsyncClient

    async def get(self, path: str, user: str = "ann", **params: Any) -> httpx2.Response:
        """The answer to a GET."""
        url = f"{self.url}/knowledge/{path}"
        return await self.http.get(url, params=params or None, headers={"x-user": user})

    async def post(self, path: str, body: Any, user: str = "ann", **headers: str) -> httpx2.Response:
        """The answer to a POST of JSON."""
        return await self.http.post(
            f"{self.url}/knowledge/{path}", json=body, headers={"x-user": user} | headers
        )

    async def add(
        self, name: str, content: bytes, user: str = "ann", collection: str = "notes", **headers: str
    ) -> httpx2.Response:
        """The answer to a file in a form."""
        return await self.http.post(
            f"{self.url}/knowledge/documents",
            files={"file": (name, content, "application/octet-stream")},
            data={"collection": collection},
            headers={"x-user": user} | headers,
        )

    async def remove(self, document_id: int, user: str = "ann") -> httpx2.Response:
        """The answer to a DELETE."""
        url = f"{self.url}/knowledge/documents/{document_id}"
        return await self.http.delete(url, headers={"x-user": user})

    async def ended(self, answer: httpx2.Response, user: str = "ann") -> dict[str, Any]:
        """How the upload ended that this answer is about."""
        assert answer.status_code == 200, answer.text
        entry = answer.json()
        while entry["status"] in ("waiting", "working"):
            entry = (await self.get(f"uploads/{entry['upload_id']}", user)).json()
        return entry

    async def added(self, name: str, text: str, user: str = "ann", collection: str = "notes") -> int:
        """The id of a document that is there now."""
        entry = await self.ended(await self.add(name, text.encode(), user, collection), user)
        assert entry["status"] == "done", entry
        return entry["document_ids"][0]


@asynccontextmanager
async def a_worker(url: str, embedder: SentenceTransformerEmbedder) -> AsyncGenerator[None]:
    """A worker of ingestion in this process."""
    async with open_queue(url):
        pass
    await asyncio.to_thread(embedder.load)
    settings = IngestSettings()  # pyright: ignore[reportCallIssue]
    async with open_ingestion(settings, url, embedder, Silent()) as ingestion:
        worker = asyncio.create_task(run_worker(ingestion, concurrency=2, every=None))
        yield
        worker.cancel()
        await asyncio.wait([worker])
