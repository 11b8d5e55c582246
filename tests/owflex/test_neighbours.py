"""The command asks only servers of OwFlex, whatever else has taken their ports, and shows what they say."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from typer.testing import CliRunner, Result

from database.settings import read_settings
from mcp_server.settings import McpServerSettings
from owflex.__main__ import app
from owflex.asking.addresses import is_chat, is_server
from owflex.asking.ask import LANGUAGE_VARIABLES
from owflex.asking.search_command import searched_for
from owflex.asking.server_search import search_by_server
from tests.conftest import Serve

ABOUT: dict[str, Any] = {"greeting": "Hi", "login": "none", "attachments": {}}
EVIL = "\x1b[2J\x9b31m\u202e[red]x[/red]"


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """A folder and a data folder of its own."""
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path / "home"))
    for name in (*LANGUAGE_VARIABLES, "AGENT_SERVICE_AUTH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


async def owflex(*arguments: str, url: str, program: str) -> Result:
    """What the command does while a program is at `url`."""
    environment = {f"{program}_PORT": url.rpartition(":")[2], f"{program}_HOST": "127.0.0.1"}
    return await asyncio.to_thread(
        CliRunner().invoke, app, list(arguments), env=environment | {"COLUMNS": "200"}
    )


class Chat:
    """A chat that says these events, as far as the command can tell."""

    def __init__(self, *events: object) -> None:
        self.asked: list[dict[str, Any]] = []
        self.languages: list[str] = []
        self._events = events

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                always("/config.json", lambda: JSONResponse(ABOUT)),
                Route("/chatkit", self._answer, methods=["POST"]),
            ]
        )

    async def _answer(self, request: Request) -> Response:
        self.asked.append(await request.json())
        self.languages.append(request.headers["accept-language"])
        lines = "".join(json.dumps(event) + "\n\n" for event in self._events)
        return StreamingResponse(iter([lines]), media_type="application/x-ndjson")


def words(text: str) -> dict[str, Any]:
    update = {"type": "assistant_message.content_part.text_delta", "delta": text}
    return {"type": "thread.item.updated", "update": update}


CREATED = {"type": "thread.created", "thread": {"id": "thr_1"}}
CARD = {"type": "thread.item.done", "item": {"type": "widget"}}
CITED = {
    "type": "thread.item.updated",
    "update": {
        "type": "assistant_message.content_part.annotation_added",
        "annotation": {"source": {"id": "1", "title": EVIL, "data": {"source": EVIL, "passage": EVIL}}},
    },
}
NOTICE = {"type": "notice", "message": EVIL}


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b" " * 65_536
        # Or nobody would notice that the reader has left.
        await asyncio.sleep(0)


OTHERS: dict[str, Callable[[], Response]] = {
    "a page": lambda: PlainTextResponse("<html>[red]hi[/red]</html>"),
    "another JSON": lambda: JSONResponse(["status", "ok"]),
    "a result": lambda: JSONResponse({"result": "x"}),
    "an error": lambda: JSONResponse({"status": "ok"}, status_code=500),
    "no end": lambda: StreamingResponse(endless()),
    "deep": lambda: PlainTextResponse("[" * 100_000),
}


def always(path: str, response: Callable[[], Response]) -> Route:
    """A route that says the same to everybody."""

    async def answer(_: Request) -> Response:
        return response()

    return Route(path, answer, methods=["GET", "POST"])


@pytest.mark.parametrize("other", OTHERS)
async def test_another_program_on_a_port_is_not_taken_for_ours(serve: Serve, other: str) -> None:
    everything = Starlette(routes=[always("/{path:path}", OTHERS[other])])
    async with serve(everything) as url:
        assert not await asyncio.to_thread(is_chat, url)
        assert not await asyncio.to_thread(is_server, url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://a b:80", "http://[::1", "http://x/?:80"])
def test_an_address_that_cannot_be_reached_is_no_server(url: str) -> None:
    assert not is_chat(url)
    assert not is_server(url)


@pytest.mark.parametrize(
    "answer", [{"result": "x"}, {"result": {"isError": True}}, {"result": {"structuredContent": 1}}, [], "x"]
)
async def test_what_is_no_result_of_a_search_is_not_shown(serve: Serve, answer: object) -> None:
    almost_ours = Starlette(
        routes=[
            always("/health", lambda: JSONResponse({"status": "ok"})),
            always("/mcp", lambda: JSONResponse(answer)),
        ]
    )
    async with serve(almost_ours) as url:
        settings = read_settings(McpServerSettings, mcp_server_port=url.rpartition(":")[2])
        assert await asyncio.to_thread(search_by_server, settings, {"query": "x"}) is None


async def test_escapes_and_markup_of_an_answer_do_nothing_to_the_terminal(serve: Serve) -> None:
    chat = Chat(CREATED, words(EVIL), CITED, NOTICE)
    async with serve(chat.app()) as url:
        shown = await owflex("ask", "what?", url=url, program="AGENT_SERVICE")
        told = await owflex("ask", "--json", "what?", url=url, program="AGENT_SERVICE")
    assert shown.exit_code == 0, shown.output
    assert "[red]x[/red]" in shown.stdout
    assert "[red]x[/red]" in shown.stderr
    for control in ("\x1b", "\x9b", "\u202e"):
        assert control not in shown.output + told.output
    assert json.loads(told.stdout)["answer"] == f"{EVIL} [1]"


async def test_a_long_answer_arrives_whole(serve: Serve) -> None:
    async with serve(Chat(CREATED, *[words("word " * 1000)] * 100).app()) as url:
        shown = await owflex("ask", "what?", url=url, program="AGENT_SERVICE")
    assert shown.stdout.count("word") == 100_000


async def test_what_waits_for_approval_is_told_with_the_place_of_its_card(serve: Serve) -> None:
    async with serve(Chat(CREATED, CARD).app()) as url:
        shown = await owflex("ask", "delete it", url=url, program="AGENT_SERVICE")
    assert shown.exit_code == 1
    assert f"waits for you in the page: {url}/#thr_1" in shown.stderr


@pytest.mark.parametrize("event", [[1], "x", 7, None])
async def test_an_answer_that_is_not_understood_is_a_chat_that_broke_off(serve: Serve, event: object) -> None:
    async with serve(Chat(event).app()) as url:
        shown = await owflex("ask", "what?", url=url, program="AGENT_SERVICE")
    assert shown.exit_code == 1
    assert "The chat broke off" in shown.stderr


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("de_DE.UTF-8", "de"),
        ("C", "en"),
        ("", "en"),
        ("fr@euro", "fr"),
        ("\x1b[31m", "en"),
        ("C.UTF-8", "en"),
    ],
)
async def test_the_language_of_the_terminal_is_asked_in(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, name: str, language: str
) -> None:
    monkeypatch.setenv("LC_ALL", name)
    chat = Chat(words("yes"))
    async with serve(chat.app()) as url:
        await owflex("ask", "what?", url=url, program="AGENT_SERVICE")
    assert chat.languages == [language]


@pytest.mark.parametrize("command", ["ask", "search"])
@pytest.mark.parametrize("question", ["", " \t\n"])
def test_an_empty_question_starts_nothing(command: str, question: str) -> None:
    refused = CliRunner().invoke(app, [command, question])
    assert refused.exit_code == 1
    assert "The question is empty" in refused.stderr


def test_words_that_were_searched_in_the_place_of_others_are_said() -> None:
    assert searched_for({}) is None
    said = searched_for({"dependancy": "dependency", "injecton": "injection"})
    assert said is not None
    assert "“dependency” for “dependancy”, “injection” for “injecton”" in said
