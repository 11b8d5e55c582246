"""Arguments in the forms in which clients and models send them, over the real protocol."""

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from fastmcp.exceptions import ToolError

from mcp_server.settings import McpServerSettings
from tests.support.databases import FreshDatabases

if TYPE_CHECKING:
    from conftest import RunningServer, ServedBy

Arguments = dict[str, Any]
N8N = {"sessionId": "1", "action": "sendMessage", "chatInput": "x", "toolCallId": "call_1"}
DAYS = {"query": "vacation days"}
ALL_OF = ["status", "due", "due_from", "due_to", "tag", "priority", "query", "time_zone", "limit", "cursor"]


async def call(server: "RunningServer", tool: str, arguments: Arguments, user: str = "ann") -> Arguments:
    async with server.client_of(user) as client:
        result = await client.call_tool(tool, arguments)
    assert result.structured_content is not None
    # Whatever a client reads, it reads the same.
    assert json.loads(result.content[0].text) == result.structured_content  # type: ignore[union-attr]
    return result.structured_content


FOUND: list[tuple[str, Arguments]] = [
    ("a limit of null", {"limit": None}),
    ("all others empty", {"collection": "", "filters": {}, "source": "", "since": "", "until": ""}),
    ("all others null", dict.fromkeys(["limit", "collection", "filters", "source", "since", "explain"])),
    ("filters as JSON text", {"filters": "{}"}),
    ("filters as an empty list", {"filters": []}),
    ("filters of nothing", {"filters": {"year": None, "team": ""}}),
    ("numbers and booleans as text", {"limit": "5", "min_similarity": " 0.3", "explain": "False "}),
    ("a whole number as a float", {"limit": 5.0}),
    ("null as a word", {"limit": "null", "since": "None", "filters": "null", "min_similarity": ""}),
    ("one entry as a list", {"query": ["vacation days"]}),
    ("a day for a moment", {"since": "2020-01-01", "until": "2120-01-01T00:00:00Z"}),
    (
        "all at once",
        {"limit": "5", "filters": "{}", "collection": "", "since": "", "min_similarity": "0.3"}
        | {"explain": "false", "source": None},
    ),
    ("blanks", {"collection": "  ", "source": "\x00"}),
    ("words for nothing", {"collection": "null", "source": "None", "until": "undefined"}),
    ("empty lists and objects", {"collection": [], "source": {}, "limit": [], "since": []}),
    ("lists of one", {"limit": ["5"], "explain": ["true"], "min_similarity": [0.3]}),
    ("a list as text", {"limit": "[5]"}),
    ("quotes within quotes", {"limit": '"5"', "explain": "'false'"}),
    ("the argument in an object", {"query": {"query": "vacation days"}}),
    ("the value in an object", {"query": {"value": "vacation days"}}),
    ("filters in a list", {"filters": ["{}"]}),
    ("filters with lists of nothing", {"filters": {"year": [], "team": ["", None]}}),
    ("a day with slashes", {"since": "2020/01/01"}),
    ("a day without marks", {"since": "20200101", "until": "21200101"}),
    ("a day with a zone", {"since": "2020-01-01Z"}),
]


@pytest.mark.parametrize("more", [more for _, more in FOUND], ids=[name for name, _ in FOUND])
async def test_a_search_is_understood(shared_server: "RunningServer", more: Arguments) -> None:
    found = await call(shared_server, "search_documents", DAYS | more)
    assert "28 vacation days" in found["results"][0]["content"]
    assert len(found["results"]) <= 5
    assert "note" not in found


ADDED: list[tuple[Arguments, Arguments]] = [
    ({"notes": None, "priority": None}, {"notes": "", "priority": "normal"}),
    ({"due_on": "", "idempotency_key": "", "notes": "", "tags": ""}, {"due_on": None, "tags": []}),
    ({"tags": '["home","shopping"]'}, {"tags": ["home", "shopping"]}),
    ({"tags": "home, shopping"}, {"tags": ["home", "shopping"]}),
    ({"tags": "['home', 'shopping']"}, {"tags": ["home", "shopping"]}),
    ({"tags": "[home, shopping]"}, {"tags": ["home", "shopping"]}),
    ({"tags": json.dumps('["home"]')}, {"tags": ["home"]}),
    ({"tags": "home"}, {"tags": ["home"]}),
    ({"tags": ["home", 7]}, {"tags": ["home", "7"]}),
    ({"tags": 7}, {"tags": ["7"]}),
    ({"tags": "('home', 'shopping')"}, {"tags": ["home", "shopping"]}),
    ({"tags": "- home\n- shopping"}, {"tags": ["home", "shopping"]}),
    ({"tags": {"0": "home", "1": "shopping"}}, {"tags": ["home", "shopping"]}),
    ({"tags": {"item": ["home"]}}, {"tags": ["home"]}),
    ({"tags": '{"tags": ["home"]}'}, {"tags": ["home"]}),
    ({"tags": ['["home"]']}, {"tags": ["home"]}),
    ({"tags": [["home"]]}, {"tags": ["home"]}),
    ({"tags": ["home", None, ""]}, {"tags": ["home"]}),
    ({"tags": [{"name": "home"}]}, {"tags": ["home"]}),
    ({"notes": {}, "due_on": {}, "idempotency_key": "null"}, {"notes": "", "due_on": None}),
    ({"notes": "None"}, {"notes": "None"}),
    ({"notes": {"a": 1}}, {"notes": '{"a": 1}'}),
    ({"priority": "'high'"}, {"priority": "high"}),
    ({"priority": {"value": "High"}}, {"priority": "high"}),
    ({"priority": "High"}, {"priority": "high"}),
    ({"priority": " LOW "}, {"priority": "low"}),
    ({"due_on": "2027-01-05T00:00:00"}, {"due_on": "2027-01-05"}),
    ({"due_on": "2027-01-05T00:00:00Z"}, {"due_on": "2027-01-05"}),
    ({"due_on": "2027-01-05 23:30:00-05:00"}, {"due_on": "2027-01-05"}),
    ({"due_on": "2027-01-05t08:00:00.000z"}, {"due_on": "2027-01-05"}),
    ({"due_on": '"2027-01-05"'}, {"due_on": "2027-01-05"}),
    ({"due_on": "2027-1-5"}, {"due_on": "2027-01-05"}),
    ({"due_on": "2027/01/05"}, {"due_on": "2027-01-05"}),
    ({"due_on": "2027.01.05"}, {"due_on": "2027-01-05"}),
    ({"due_on": "20270105"}, {"due_on": "2027-01-05"}),
    ({"due_on": "2027-01-05Z"}, {"due_on": "2027-01-05"}),
    ({"due_on": "2027-01-05 08:00 PM"}, {"due_on": "2027-01-05"}),
    ({"due_on": "2027-01-05 08:00:00 UTC"}, {"due_on": "2027-01-05"}),
    ({"due_on": "2027-01-05T08:00:00+01:00[Europe/Berlin]"}, {"due_on": "2027-01-05"}),
    ({"title": 2027}, {"title": "2027"}),
    (
        {"title": "buy milk", "notes": None, "priority": "High", "due_on": "", "tags": "home, shopping"},
        {"title": "buy milk", "priority": "high", "due_on": None, "tags": ["home", "shopping"]},
    ),
]


@pytest.mark.parametrize(("given", "task"), ADDED)
async def test_a_task_is_understood(
    shared_server: "RunningServer", given: Arguments, task: Arguments
) -> None:
    added = await call(shared_server, "add_task", {"title": "x"} | given)
    assert {name: added[name] for name in task} == task


LISTED: list[Arguments] = [
    dict.fromkeys(ALL_OF),
    dict.fromkeys(ALL_OF, ""),
    {"tag": ""},
    {"cursor": ""},
    {"tag": "\x00", "limit": "50"},
    {"status": "Open", "due": "ANY", "limit": 50.0},
    dict.fromkeys(ALL_OF, "null"),
    {"status": '"open"', "due": [], "tag": [], "cursor": [], "priority": "any", "query": "None"},
    {"time_zone": " europe/berlin "},
    {"time_zone": "utc", "cursor": "undefined"},
]


@pytest.mark.parametrize("given", LISTED)
async def test_a_list_of_tasks_is_never_empty_by_mistake(
    shared_server: "RunningServer", given: Arguments
) -> None:
    if not (await call(shared_server, "list_tasks", {}, "lea"))["tasks"]:
        await call(shared_server, "add_task", {"title": "The only one", "tags": ["home"]}, "lea")
    listed = await call(shared_server, "list_tasks", given, "lea")
    assert [task["title"] for task in listed["tasks"]] == ["The only one"]


async def test_an_empty_text_empties_only_what_a_call_is_about(shared_server: "RunningServer") -> None:
    task = {"title": "x", "notes": "old", "tags": ["home"], "due_on": "2031-01-01"}
    added = await call(shared_server, "add_task", task)
    which = {"task_id": str(added["task_id"])}
    filled = which | {"title": "y", "notes": "", "tags": "", "due_on": "", "clear_due_on": "", "status": ""}
    changed = await call(shared_server, "update_task", filled)
    assert changed["title"] == "y"
    assert (changed["notes"], changed["tags"], changed["due_on"]) == ("old", ["home"], "2031-01-01")
    emptied = await call(shared_server, "update_task", which | {"notes": ""})
    assert emptied["notes"] == ""
    assert (await call(shared_server, "update_task", which | {"tags": "[]"}))["tags"] == []


IDS = ["{}", " #{} ", "{}.0", '"{}"', "[{}]", "['{}']"]


@pytest.mark.parametrize("written", IDS)
async def test_an_id_is_understood(shared_server: "RunningServer", written: str) -> None:
    task_id = (await call(shared_server, "add_task", {"title": "x"}))["task_id"]
    which = {"task_id": written.format(task_id)}
    assert (await call(shared_server, "complete_task", which))["task_id"] == task_id
    assert (await call(shared_server, "update_task", which | {"status": "'Open'"}))["status"] == "open"
    assert (await call(shared_server, "delete_task", {"task_id": [task_id]}))["deleted"]


FILES = ["SGVsbG8=", "SGVsbG8", "SGVs\nbG8=\n", "data:text/plain;base64,SGVsbG8=", " SGVsbG8 "]


@pytest.mark.parametrize("file", FILES)
async def test_a_file_is_understood(shared_server: "RunningServer", file: str) -> None:
    empty: Arguments = {
        "text": None,
        "url": "null",
        "metadata": "",
        "idempotency_key": "None",
        "collection": [],
    }
    added = await call(
        shared_server, "add_document", {"name": "a.txt", "file": file, "wait_seconds": "0"} | empty
    )
    again = {"upload_id": [str(added["upload_id"])]}
    assert (await call(shared_server, "get_upload", again))["status"] == "waiting"


async def test_unknown_arguments_are_left_out_and_named(shared_server: "RunningServer") -> None:
    found = await call(shared_server, "search_documents", DAYS | N8N)
    assert found["results"]
    names = "sessionId, action, chatInput, toolCallId"
    assert found["note"] == f"Ignored, because this tool has no such arguments: {names}."
    with pytest.raises(ToolError, match=r"Nothing to change.* Ignored, .*: titel\."):
        await call(shared_server, "update_task", {"task_id": 1, "titel": "x"})


async def test_a_setting_makes_unknown_arguments_an_error(
    served_by: "ServedBy", knowledge_bases: FreshDatabases
) -> None:
    settings = McpServerSettings(mcp_unknown_arguments="refuse")  # pyright: ignore[reportCallIssue]
    async with knowledge_bases.one() as url, served_by(url, settings) as server:
        with pytest.raises(ToolError) as refused:
            await call(server, "get_document", {"document_id": 1, "page": 2})
    assert str(refused.value) == (
        "Invalid arguments: page: this tool has no such arguments. It takes document_id, from_position, "
        "heading, lines, pages."
    )


REFUSED: list[tuple[str, Arguments, str]] = [
    ("search_documents", {"query": "vacation " * 667}, "query: at most 6000 characters"),
    ("search_documents", {"query": "x" * 6001}, "query: at most 6000 characters"),
    ("search_documents", {}, "query: is missing; give text"),
    ("search_documents", {"query": None}, "query: must be text"),
    ("search_documents", {"query": ""}, "query: must not be blank"),
    ("search_documents", {"query": ["a", "b"]}, "query: must be text"),
    ("search_documents", DAYS | {"limit": "many"}, "limit: must be a whole number such as 5"),
    ("search_documents", DAYS | {"limit": 2.5}, "limit: must be a whole number such as 5"),
    ("search_documents", DAYS | {"limit": 500}, "limit: must be less than or equal to 20"),
    ("search_documents", DAYS | {"min_similarity": "low"}, "min_similarity: must be a number such as 0.5"),
    ("search_documents", DAYS | {"explain": "maybe"}, "explain: must be true or false"),
    (
        "search_documents",
        DAYS | {"since": "last week"},
        "since: must be a moment such as 2027-01-31 or 2027-01-31T14:00:00Z",
    ),
    *(
        ("search_documents", DAYS | {"since": since}, "since: must be a moment such as 2027-01-31 or ")
        for since in ("2020", "2020-01", "20201301")
    ),
    ("search_documents", DAYS | {"filters": "year"}, 'filters: must be an object such as {"name": "value"}'),
    (
        "search_documents",
        DAYS | {"filters": {"year": {"from": 1}}},
        "filters.year: must be text or a whole number such as 5 or a number such as 0.5 or true or false "
        'or a list such as ["a", "b"]',
    ),
    ("search_documents", DAYS | {"filters": {"a": ["x" * 1001]}}, "filters.a: must be "),
    ("add_task", {"title": "x", "tags": {"a": 1}}, 'tags: must be a list such as ["a", "b"]'),
    ("add_task", {"title": "x", "tags": ["a"] * 21}, "tags: at most 20 entries"),
    ("add_task", {"title": "x", "tags": ["a" * 61]}, "tags.0: at most 60 characters"),
    ("add_task", {"title": "x", "due_on": "tomorrow"}, "due_on: must be a date as YYYY-MM-DD"),
    ("add_task", {"title": "x", "due_on": "05.01.2027"}, "due_on: must be a date as YYYY-MM-DD"),
    ("add_task", {"title": "x", "due_on": "2027-01-05 or so"}, "due_on: must be a date as YYYY-MM-DD"),
    ("add_task", {"title": "x", "notes": True}, "notes: must be text"),
    ("add_task", {"title": "x", "due_on": 1799107200}, "due_on: must be a date as YYYY-MM-DD"),
    ("add_task", {"title": "x", "priority": "urgent"}, "priority: must be 'low', 'normal' or 'high'"),
    ("add_document", {"name": "a/b", "text": "x"}, "name: must be one line without a slash"),
]


@pytest.mark.parametrize(("tool", "arguments", "said"), REFUSED)
async def test_what_stays_wrong_is_said_in_plain_words(
    shared_server: "RunningServer", tool: str, arguments: Arguments, said: str
) -> None:
    async with shared_server.client() as client:
        result = await client.call_tool(tool, arguments, raise_on_error=False)
    sentence = str(result.content[0].text)  # type: ignore[union-attr]
    assert result.is_error
    assert sentence.startswith(f"Invalid arguments: {said}")
    assert not any(word in sentence for word in ("Input should", "pydantic", "Value error", "a valid"))


WHOLE: list[tuple[Any, str]] = [
    ('{"limit": 5}', ""),
    (json.dumps('{"limit": 5}'), ""),
    ("{'limit': 5}", ""),
    (None, ""),
    ("", ""),
    ("null", ""),
    ([], ""),
    ("my tasks", "arguments: must be an object"),
    ([1], "arguments: must be an object"),
    (5, "arguments: must be an object"),
]


@pytest.mark.parametrize(("given", "said"), WHOLE)
@pytest.mark.parametrize("version", ["2025-03-26", "2026-07-28"])
async def test_arguments_as_a_whole_are_understood(
    shared_server: "RunningServer", given: Any, said: str, version: str
) -> None:
    prefix = "io.modelcontextprotocol"
    meta: Arguments = {f"{prefix}/protocolVersion": version, f"{prefix}/clientCapabilities": {}}
    params = {"name": "list_tasks", "arguments": given, "_meta": meta}
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {"accept": "application/json", "authorization": "Bearer a-local-token-for-tests-of-some-length"}
    headers |= {"mcp-protocol-version": version, "mcp-method": "tools/call", "mcp-name": "list_tasks"}
    async with httpx2.AsyncClient(timeout=60) as http:
        answer = (await http.post(f"{shared_server.url}/mcp", json=request, headers=headers)).json()
    if said:
        assert answer["error"]["message"].startswith(said)
    else:
        assert "tasks" in answer["result"]["structuredContent"]
