"""A chat over HTTP: the real app and store, a small real MCP server, a scripted language model."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx2
import pytest
from agents import Model
from chatkit.types import (
    Annotation,
    AssistantMessageItem,
    ErrorEvent,
    ThreadCreatedEvent,
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadStreamEvent,
    WidgetItem,
)
from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.dependencies import get_access_token, get_context
from pydantic import SecretStr, TypeAdapter
from starlette.requests import Request
from starlette.types import ASGIApp

from agent_service.app import create_app
from agent_service.context import RequestContext, locale_of
from agent_service.models.chat_completions import UniqueIdModel
from agent_service.models.extractive.model import ExtractiveModel
from agent_service.models.providers import ChosenModel
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage import PostgresStore
from agent_service.tools.connection import McpConnector
from database.pool import Pool, create_pool
from mcp_server.auth.callers import BearerVerifier
from tests.support.databases import FreshDatabases
from tests.support.patience import PATIENCE_SECONDS
from tests.support.schemas import tools_parsed_once
from tests.support.serving import Serve, serving

SIGNING_KEY = SecretStr("a-signing-key-for-tests-of-some-length")
MARKER = "document-text-0badcafe"
EVENT = TypeAdapter[ThreadStreamEvent](ThreadStreamEvent)
ITEM = TypeAdapter[ThreadItem](ThreadItem)


@pytest.fixture(scope="session", autouse=True)
def tools() -> Iterator[None]:
    """The tools' schemas are worked out once for all MCP servers of the tests."""
    with tools_parsed_once():
        yield


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the machine the tests run on do not count."""
    for name in AgentServiceSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def pool(chat_url: str) -> AsyncGenerator[Pool]:
    """An open pool of a fresh chat database."""
    async with create_pool(chat_url) as pool:
        yield pool


@pytest.fixture
def store(pool: Pool) -> PostgresStore:
    """The store over a fresh chat database."""
    return PostgresStore(pool)


@dataclass
class FakeKnowledge:
    """What the small MCP server knows; `calls` lists the tool calls it got as (user, tool, arguments).

    `keys` are the idempotency keys of the calls, `searched` is what a search says of itself.
    `confidences` are those of single queries; None as `confidence` leaves it out, as other servers do.
    """

    passages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    tasks: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    calls: list[tuple[str, str, dict[str, Any]]] = field(
        default_factory=list[tuple[str, str, dict[str, Any]]]
    )
    keys: list[str | None] = field(default_factory=list[str | None])
    search_error: str | None = None
    confidence: float | None = 0.8
    searched: dict[str, Any] = field(default_factory=lambda: {"chunks": 40, "mode": "hybrid"})
    confidences: dict[str, float] = field(default_factory=dict[str, float])
    hangs: bool = False
    is_hanging: asyncio.Event = field(default_factory=asyncio.Event)
    is_released: asyncio.Event = field(default_factory=asyncio.Event)

    def add_passage(self, text: str, *, chunk_id: int, similarity: float = 0.8, **more: Any) -> None:
        """A passage that every search finds."""
        passage = {
            "chunk_id": chunk_id,
            "document_id": 7,
            "title": "Handbook",
            "source": "handbook.md",
            "heading_path": ["Leave"],
            "page": None,
            "position": 0,
            "content": f"<{MARKER}>\n{text}\n</{MARKER}>",
            "similarity": similarity,
            "score": similarity,
        }
        self.passages.append(passage | more)

    def note(self, tool: str, **arguments: Any) -> None:
        """Remember a call."""
        token = get_access_token()
        self.calls.append(((token.subject if token else None) or "", tool, arguments))
        request = get_context().request_context
        self.keys.append(((request and request.meta) or {}).get("owflex/idempotency-key"))

    def id_for_new_task(self) -> int:
        """A new id; for a call whose key came before, that of the task which it added."""
        adding = [key for (_, tool, _), key in zip(self.calls, self.keys, strict=True) if tool == "add_task"]
        return adding.index(adding[-1]) + 1 if adding[-1] is not None else len(self.tasks) + 1

    @property
    def tools_called(self) -> list[str]:
        """The names of the called tools in order."""
        return [tool for _, tool, _ in self.calls]

    @property
    def queries(self) -> list[str]:
        """What was searched for, in order."""
        return [arguments["query"] for _, tool, arguments in self.calls if tool == "search_documents"]


@pytest.fixture
def knowledge() -> FakeKnowledge:
    """Two passages and no tasks."""
    knowledge = FakeKnowledge()
    knowledge.add_passage("Everybody has 25 days of annual leave. Unused days expire in March.", chunk_id=12)
    knowledge.add_passage("Sick leave needs a note from the third day on.", chunk_id=15, similarity=0.6)
    return knowledge


@dataclass(frozen=True)
class House:
    """A chat database and a small MCP server for all tests of a module; each asks in threads of its own."""

    pool: Pool
    mcp_url: str
    knowledge: FakeKnowledge


@pytest.fixture(scope="module")
async def house(chat_databases: FreshDatabases) -> AsyncGenerator[House]:
    """What the chats of a module share."""
    knowledge = FakeKnowledge()
    knowledge.add_passage("Everybody has 25 days of annual leave.", chunk_id=12)
    async with (
        chat_databases.one() as url,
        create_pool(url) as pool,
        serving(_mcp_app(knowledge)) as mcp_url,
    ):
        yield House(pool, f"{mcp_url}/mcp", knowledge)


@pytest.fixture
async def open_in_house(house: House, serve: Serve) -> "AsyncGenerator[OpenChat]":
    """Opens chats in the house; no task is there yet, and no tool was called."""
    house.knowledge.tasks.clear()
    house.knowledge.calls.clear()
    house.knowledge.keys.clear()
    async with AsyncExitStack() as stack:
        yield OpenChat(house.pool, serve, house.knowledge, stack)


@pytest.fixture
def mcp_app(knowledge: FakeKnowledge) -> ASGIApp:
    """The small MCP server as an ASGI app."""
    return _mcp_app(knowledge)


def _mcp_app(knowledge: FakeKnowledge) -> ASGIApp:
    """The MCP contract over `knowledge`, as an ASGI app."""
    mcp = FastMCP(
        "Knowledge", auth=BearerVerifier(SecretStr("a-local-token-nobody-uses-in-here"), SIGNING_KEY)
    )
    _add_document_tools(mcp, knowledge)
    _add_task_tools(mcp, knowledge)
    return mcp.http_app(path="/mcp", stateless_http=True)


def _add_document_tools(mcp: FastMCP, knowledge: FakeKnowledge) -> None:
    @mcp.tool
    async def search_documents(  # pyright: ignore[reportUnusedFunction]
        query: str, limit: int = 5, collection: str | None = None, source: str | None = None
    ) -> dict[str, Any]:
        wanted = {"collection": collection, "source": source}
        place = {name: value for name, value in wanted.items() if value is not None}
        knowledge.note("search_documents", query=query, limit=limit, **place)
        if knowledge.hangs:
            knowledge.is_hanging.set()
            await knowledge.is_released.wait()
        if knowledge.search_error:
            raise ToolError(knowledge.search_error)
        found = [passage for passage in knowledge.passages if passage.items() >= place.items()][:limit]
        confidence = knowledge.confidences.get(query, knowledge.confidence)
        return ({} if confidence is None else {"confidence": confidence}) | {
            "results": found,
            "text_marker": MARKER,
            "searched": knowledge.searched,
            "below_threshold": {
                "count": 0 if found else 5,
                "best_similarity": None if found else 0.21,
                "threshold": 0.3,
            },
            "hint": None if found else "None of the 40 passages reaches the similarity 0.3.",
        }


def _add_task_tools(mcp: FastMCP, knowledge: FakeKnowledge) -> None:
    def change(task_id: int, status: str) -> dict[str, Any]:
        if task_id not in knowledge.tasks:
            raise ToolError(f"Task {task_id} not found. Call list_tasks to see the ids.")
        knowledge.tasks[task_id]["status"] = status
        return knowledge.tasks[task_id]

    @mcp.tool
    async def add_task(  # pyright: ignore[reportUnusedFunction]
        title: str,
        notes: str = "",
        priority: str = "normal",
        due_on: str | None = None,
        tags: list[str] | None = None,
    ) -> dict[str, Any]:
        knowledge.note("add_task", title=title, due_on=due_on)
        task_id = knowledge.id_for_new_task()
        knowledge.tasks[task_id] = {
            "task_id": task_id,
            "title": title,
            "notes": notes,
            "priority": priority,
            "due_on": due_on,
            "tags": tags or [],
            "status": "open",
            "created_at": "2026-11-21T08:00:00Z",
            "completed_at": None,
        }
        return knowledge.tasks[task_id]

    @mcp.tool
    async def list_tasks(  # pyright: ignore[reportUnusedFunction]
        status: str = "open", due: str = "any", limit: int = 50
    ) -> dict[str, Any]:
        knowledge.note("list_tasks", status=status, due=due)
        tasks = [task for task in knowledge.tasks.values() if status in ("all", task["status"])]
        return {"tasks": tasks[:limit], "total": len(tasks)}

    @mcp.tool
    async def complete_task(task_id: int) -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        knowledge.note("complete_task", task_id=task_id)
        return change(task_id, "done")

    @mcp.tool
    async def update_task(  # pyright: ignore[reportUnusedFunction]
        task_id: int,
        status: str | None = None,
        title: str | None = None,
        priority: str | None = None,
        due_on: str | None = None,
        clear_due_on: bool = False,
    ) -> dict[str, Any]:
        given = {"status": status, "title": title, "priority": priority, "due_on": due_on}
        changes = {name: value for name, value in given.items() if value is not None}
        knowledge.note("update_task", task_id=task_id, **changes)
        task = change(task_id, status or knowledge.tasks[task_id]["status"])
        return task.__ior__(changes | ({"due_on": None} if clear_due_on else {}))

    @mcp.tool
    async def delete_task(task_id: int) -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        knowledge.note("delete_task", task_id=task_id)
        knowledge.tasks.pop(task_id)
        return {"task_id": task_id, "deleted": True}


@dataclass(frozen=True)
class Answer:
    """The events of one streamed request, each of them valid in the protocol."""

    events: list[ThreadStreamEvent]

    @property
    def thread_id(self) -> str:
        """The thread the answer belongs to."""
        for event in self.events:
            if isinstance(event, ThreadCreatedEvent):
                return event.thread.id
            if isinstance(event, ThreadItemDoneEvent):
                return event.item.thread_id
        raise AssertionError("no thread")

    @property
    def messages(self) -> list[AssistantMessageItem]:
        """The finished assistant messages."""
        done = [event.item for event in self.events if isinstance(event, ThreadItemDoneEvent)]
        return [item for item in done if isinstance(item, AssistantMessageItem)]

    @property
    def text(self) -> str:
        """The text of the last message."""
        return self.messages[-1].content[0].text

    @property
    def annotations(self) -> list[Annotation]:
        """The citations of the last message."""
        return self.messages[-1].content[0].annotations

    @property
    def error(self) -> ErrorEvent | None:
        """The error the user saw, if any."""
        return next((event for event in self.events if isinstance(event, ErrorEvent)), None)

    @property
    def card(self) -> WidgetItem:
        """The last card, new or in another's place."""
        shown = [*self.of_type("thread.item.done"), *self.of_type("thread.item.replaced")]
        return [event.item for event in shown if isinstance(event.item, WidgetItem)][-1]

    def of_type(self, name: str) -> list[Any]:
        """The events of this type."""
        return [event for event in self.events if event.type == name]


@dataclass(frozen=True)
class Chat:
    """A client of the service."""

    url: str
    http: httpx2.AsyncClient

    async def post(self, body: dict[str, Any] | bytes, **headers: str) -> httpx2.Response:
        """The raw answer to a ChatKit request."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.post(
            f"{self.url}/chatkit", content=content, headers={"content-type": "application/json"} | headers
        )

    async def ask(self, request: str, **params: Any) -> Any:
        """The JSON answer to a request that is not streamed."""
        response = await self.post({"type": request, "params": params})
        assert response.status_code == 200, response.text
        return response.json()

    @staticmethod
    def message(text: str, thread_id: str | None = None, **more: Any) -> dict[str, Any]:
        """The request that sends a message."""
        content = [{"type": "input_text", "text": text}]
        params: dict[str, Any] = {
            "input": {"content": content, "attachments": [], "inference_options": {}} | more
        }
        if thread_id is None:
            return {"type": "threads.create", "params": params}
        return {"type": "threads.add_user_message", "params": params | {"thread_id": thread_id}}

    @asynccontextmanager
    async def open_stream(self, body: dict[str, Any]) -> AsyncGenerator[AsyncIterator[ThreadStreamEvent]]:
        """A streamed answer while it arrives; leaving the block goes away from it."""
        async with self.http.stream("POST", f"{self.url}/chatkit", json=body) as response:
            assert response.status_code == 200
            yield stream_events(response)

    async def say(self, text: str, thread_id: str | None = None, user: str = "ann", **more: Any) -> Answer:
        """The answer to a message, in a new thread or in an old one."""
        response = await self.post(self.message(text, thread_id, **more), **{"x-user": user})
        assert response.status_code == 200, response.text
        return Answer(list(parse_events(response.text)))

    async def click(
        self, action: dict[str, Any], thread_id: str, item_id: str | None = None, user: str = "ann"
    ) -> Answer:
        """The events after a button was pressed, on a card or on none."""
        params = {"thread_id": thread_id, "item_id": item_id, "action": action}
        response = await self.post({"type": "threads.custom_action", "params": params}, **{"x-user": user})
        assert response.status_code == 200, response.text
        return Answer(list(parse_events(response.text)))

    async def items(self, thread_id: str, order: str = "asc") -> list[ThreadItem]:
        """The items of a thread that clients see."""
        page = await self.ask("items.list", thread_id=thread_id, limit=500, order=order)
        return [ITEM.validate_python(item) for item in page["data"]]


def parse_events(text: str) -> Iterable[ThreadStreamEvent]:
    """The events of an SSE body; each must be valid. Signs of life, which are comments, are none."""
    for line in text.split("\n\n"):
        if line and not line.startswith(":"):
            yield EVENT.validate_json(line.removeprefix("data: "))


async def stream_events(response: httpx2.Response) -> AsyncIterator[ThreadStreamEvent]:
    """The events as they arrive."""
    async for line in response.aiter_lines():
        if line.startswith("data: "):
            yield EVENT.validate_json(line.removeprefix("data: "))


class OpenChat:
    """Opens chats with a given model; `mcp_url` is the small MCP server unless said otherwise."""

    def __init__(self, pool: Pool, serve: Serve, knowledge: FakeKnowledge, stack: AsyncExitStack) -> None:
        self._pool = pool
        self._serve = serve
        self._knowledge = knowledge
        self._stack = stack

    async def __call__(self, model: Model | ChosenModel | Literal["extractive"], **settings: Any) -> Chat:
        """A running service."""
        if "mcp_server_url" not in settings:
            url = await self._stack.enter_async_context(self._serve(_mcp_app(self._knowledge)))
            settings["mcp_server_url"] = f"{url}/mcp"
        settings.setdefault("mcp_connect_timeout_seconds", PATIENCE_SECONDS)
        app = self.app(model, AgentServiceSettings(**settings))
        url = await self._stack.enter_async_context(self._serve(app))
        http = await self._stack.enter_async_context(httpx2.AsyncClient(timeout=PATIENCE_SECONDS))
        return Chat(url, http)

    def mcp_app(self) -> ASGIApp:
        """The small MCP server once more."""
        return _mcp_app(self._knowledge)

    def app(
        self, model: Model | ChosenModel | Literal["extractive"], settings: AgentServiceSettings
    ) -> ASGIApp:
        """The application; the header x-user says who is asking."""
        chosen = model if isinstance(model, ChosenModel) else _chosen(model)
        return create_app(
            settings,
            pool=self._pool,
            chosen=chosen,
            connector=McpConnector(settings, SIGNING_KEY),
            context_of=_user_of,
        )


def _chosen(model: Model | Literal["extractive"]) -> ChosenModel:
    inner = ExtractiveModel() if isinstance(model, str) else model
    return ChosenModel(
        UniqueIdModel(inner),
        "scripted",
        "Testing AI",
        "OPENAI_API_KEY",
        extractive=isinstance(inner, ExtractiveModel),
    )


def _user_of(request: Request) -> RequestContext:
    locale = locale_of(request.headers.get("accept-language"))
    return RequestContext(request.headers.get("x-user", "ann"), locale)


@pytest.fixture
async def open_chat(pool: Pool, serve: Serve, knowledge: FakeKnowledge) -> AsyncGenerator[OpenChat]:
    """Opens chats."""
    async with AsyncExitStack() as stack:
        yield OpenChat(pool, serve, knowledge, stack)
