"""A ChatKit server with canned answers: the page's every request is checked by the real SDK."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from canned_items import add_extra_routes, turn_for
from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.store import NotFoundError, Store
from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    Attachment,
    CustomSummary,
    CustomTask,
    EntitySource,
    Page,
    ProgressUpdateEvent,
    SyncCustomActionResponse,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
    UserMessageTextContent,
    WidgetItem,
    Workflow,
    WorkflowItem,
)
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.cors import CORSMiddleware

from agent_service.http.security import Guard

STATIC = Path(__file__).parent.parent.parent / "agent_service" / "static"

CITED = """Holidays 🎉: you have **25 days**. They do not expire.

```python
print(25)
```

| a | b |
|:--|--:|
| 1 | 2 |"""
FIRST_MARK = CITED.index(" They")

HOSTILE = """<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>
<svg onload="window.hacked=1"></svg> [click](javascript:window.hacked=1) ![p](https://evil.example/p.png)
[data](data:text/html,<script>window.hacked=1</script>)
<a href="https://evil.example" onclick="window.hacked=1">x</a>
"""


class MemoryStore(Store[None]):
    """Threads and items in dictionaries."""

    def __init__(self) -> None:
        self.threads: dict[str, ThreadMetadata] = {}
        self.items: dict[str, dict[str, ThreadItem]] = {}

    async def load_thread(self, thread_id: str, context: None) -> ThreadMetadata:
        if thread_id not in self.threads:
            raise NotFoundError(thread_id)
        return self.threads[thread_id]

    async def save_thread(self, thread: ThreadMetadata, context: None) -> None:
        self.threads[thread.id] = ThreadMetadata.model_validate(thread.model_dump(exclude={"items"}))
        self.items.setdefault(thread.id, {})

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: None
    ) -> Page[ThreadItem]:
        await self.load_thread(thread_id, context)
        return _page(list(self.items[thread_id].values()), after, limit, order)

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: None
    ) -> Page[ThreadMetadata]:
        return _page(list(self.threads.values()), after, limit, order)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: None) -> None:
        self.items[thread_id][item.id] = item

    async def save_item(self, thread_id: str, item: ThreadItem, context: None) -> None:
        self.items[thread_id][item.id] = item

    async def load_item(self, thread_id: str, item_id: str, context: None) -> ThreadItem:
        return self.items[thread_id][item_id]

    async def delete_thread(self, thread_id: str, context: None) -> None:
        del self.threads[thread_id], self.items[thread_id]

    async def delete_thread_item(self, thread_id: str, item_id: str, context: None) -> None:
        self.items[thread_id].pop(item_id, None)

    async def save_attachment(self, attachment: Attachment, context: None) -> None:
        raise NotFoundError(attachment.id)

    async def load_attachment(self, attachment_id: str, context: None) -> Attachment:
        raise NotFoundError(attachment_id)

    async def delete_attachment(self, attachment_id: str, context: None) -> None:
        raise NotFoundError(attachment_id)


def _page(entries: list[Any], after: str | None, limit: int, order: str) -> Page[Any]:
    ordered = entries if order == "asc" else entries[::-1]
    start = next((place + 1 for place, entry in enumerate(ordered) if entry.id == after), 0)
    found = ordered[start : start + limit]
    more = start + limit < len(ordered)
    return Page(data=found, has_more=more, after=found[-1].id if more else None)


class CannedServer(ChatKitServer[None]):
    """Answers by the words of the question: `slow`, `fail`, `hostile`, `many`; else a cited answer."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.memory = store
        self.failures = 0
        self.actions: list[tuple[str, Any]] = []
        self.saved_votes: dict[str, dict[str, Any]] = {}
        self.votes: list[tuple[list[str], str]] = []
        self.finish = asyncio.Event()

    async def add_feedback(self, thread_id: str, item_ids: list[str], feedback: Any, context: None) -> None:
        self.votes.append((item_ids, feedback))

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: None
    ) -> AsyncIterator[ThreadStreamEvent]:
        assert input_user_message is not None
        question = "".join(part.text for part in input_user_message.content)
        thread.title = thread.title or question
        if turn := turn_for(question, thread):
            async for event in turn:
                yield event
            return
        yield ProgressUpdateEvent(icon="search", text="Searching …")
        yield ThreadItemDoneEvent(item=_steps(thread))
        if "fail" in question and not self.failures:
            self.failures += 1
            raise CustomStreamError("The language model is busy.", allow_retry=True)
        async for event in self._answer(thread, question):
            yield event

    async def action(
        self, thread: ThreadMetadata, action: Any, sender: WidgetItem | None, context: None
    ) -> AsyncIterator[ThreadStreamEvent]:
        self.actions.append((action.type, action.payload))
        if action.type != "message.edit":
            return
        items = list(self.memory.items[thread.id].values())
        place = next(at for at, item in enumerate(items) if item.id == action.payload["item_id"])
        for item in items[place + 1 :]:
            yield ThreadItemRemovedEvent(item_id=item.id)
        text = UserMessageTextContent(text=action.payload["text"])
        message = items[place]
        assert isinstance(message, UserMessageItem)
        message = message.model_copy(update={"content": [text]})
        yield ThreadItemReplacedEvent(item=message)
        async for event in self.respond(thread, message, context):
            yield event

    async def sync_action(
        self, thread: ThreadMetadata, action: Any, sender: WidgetItem | None, context: None
    ) -> SyncCustomActionResponse:
        self.actions.append((action.type, "at once"))
        return SyncCustomActionResponse(updated_item=sender)

    async def _answer(self, thread: ThreadMetadata, question: str) -> AsyncGenerator[ThreadStreamEvent]:
        text = HOSTILE if "hostile" in question else f"{CITED}\n\nAbout: {question}"
        item = AssistantMessageItem(
            id=f"msg_{uuid4().hex}", thread_id=thread.id, created_at=datetime.now(UTC), content=[]
        )
        yield ThreadItemAddedEvent(item=item)
        empty = AssistantMessageContent(text="")
        yield _update(item, AssistantMessageContentPartAdded(content_index=0, content=empty))
        for word in text.split(" "):
            yield _update(item, AssistantMessageContentPartTextDelta(content_index=0, delta=f"{word} "))
            if "slow" in question and word == "have":
                await self.finish.wait()
        content = AssistantMessageContent(
            text=text, annotations=[] if "hostile" in question else [_citation()]
        )
        yield ThreadItemDoneEvent(item=item.model_copy(update={"content": [content]}))


def _update(item: AssistantMessageItem, update: Any) -> ThreadItemUpdatedEvent:
    return ThreadItemUpdatedEvent(item_id=item.id, update=update)


def _steps(thread: ThreadMetadata) -> WorkflowItem:
    task = CustomTask(title="Found 1 passage", status_indicator="complete")
    workflow = Workflow(type="custom", tasks=[task], summary=CustomSummary(title="Searched the documents"))
    return WorkflowItem(
        id=f"wf_{uuid4().hex}", thread_id=thread.id, created_at=datetime.now(UTC), workflow=workflow
    )


def _citation() -> Annotation:
    source = EntitySource(
        id="7",
        title="Staff handbook",
        description="Leave › Holidays",
        inline_label="1",
        interactive=True,
        data={
            "document_id": "3",
            "page": "4",
            "heading_path": "Leave › Holidays",
            "passage": "Everybody has **25 days** a year.",
            "source": "hr/leave.md",
            "similarity": "0.612",
        },
    )
    return Annotation(index=FIRST_MARK, source=source)


def create_canned_app(server: CannedServer, origins: Sequence[str] = ()) -> FastAPI:
    """The page with the protections it is shipped with, over the canned server; `origins` may embed it."""
    app = FastAPI()
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["content-type", "authorization"],
    )
    app.add_middleware(Guard, allowed_hosts=[], allowed_origins=origins)

    async def chatkit(request: Request) -> Response:
        try:
            result = await server.process(await request.body(), None)
        except NotFoundError:
            return JSONResponse({"error": {"message": "This chat does not exist."}}, status_code=404)
        if isinstance(result, StreamingResult):
            return StreamingResponse(result, media_type="text/event-stream")
        return Response(result.json, media_type="application/json")

    app.post("/chatkit")(chatkit)
    app.get("/")(_index)
    app.get("/config.json")(_config)
    server.saved_votes = add_extra_routes(app)
    app.mount("/static", StaticFiles(directory=STATIC))
    return app


def _index() -> FileResponse:
    return FileResponse(STATIC / "index.html")


def _config() -> dict[str, Any]:
    return {
        "title": "OwFlex",
        "greeting": "What would you like to know?",
        "prompts": [
            {"label": "Holidays", "prompt": "How many holidays do I have?", "icon": "circle-question"}
        ],
        "model": {"name": "extractive", "extractive": True},
        "version": "0",
    }
