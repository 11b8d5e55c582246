"""Tasks through the real protocol."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fastmcp.exceptions import ToolError

if TYPE_CHECKING:
    from conftest import RunningServer


async def call(server: "RunningServer", user: str, tool: str, **arguments: Any) -> dict[str, Any]:
    async with server.client_of(user) as client:
        result = await client.call_tool(tool, arguments)
    assert result.structured_content is not None
    return result.structured_content


def without_mark(added: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in added.items() if name != "repeated"}


async def test_a_task_keeps_every_field_it_was_given(server: "RunningServer") -> None:
    added = await call(
        server,
        "ann",
        "add_task",
        title="Write the report",
        notes="with figures",
        priority="high",
        due_on="2031-05-01",
        tags=["work", "q2"],
    )
    assert added | {"task_id": 0, "created_at": ""} == {
        "task_id": 0,
        "title": "Write the report",
        "notes": "with figures",
        "priority": "high",
        "due_on": "2031-05-01",
        "tags": ["work", "q2"],
        "status": "open",
        "created_at": "",
        "completed_at": None,
        "repeated": False,
    }
    assert (await call(server, "ann", "list_tasks"))["tasks"] == [without_mark(added)]


async def test_completing_a_task_moves_it_from_the_open_to_the_done(server: "RunningServer") -> None:
    task = await call(server, "ann", "add_task", title="Call Bob")
    done = await call(server, "ann", "complete_task", task_id=task["task_id"])
    assert done["status"] == "done"
    assert done["completed_at"] is not None
    assert (await call(server, "ann", "list_tasks"))["total"] == 0
    assert (await call(server, "ann", "list_tasks", status="done"))["tasks"] == [done]


async def test_completing_twice_keeps_the_first_time(server: "RunningServer") -> None:
    task = await call(server, "ann", "add_task", title="Call Bob")
    first = await call(server, "ann", "complete_task", task_id=task["task_id"])
    assert await call(server, "ann", "complete_task", task_id=task["task_id"]) == first


async def test_updating_changes_only_what_is_named(server: "RunningServer") -> None:
    task = await call(server, "ann", "add_task", title="Call Bob", notes="mobile", due_on="2031-01-01")
    changed = await call(server, "ann", "update_task", task_id=task["task_id"], priority="low")
    assert changed == without_mark(task) | {"priority": "low"}
    cleared = await call(server, "ann", "update_task", task_id=task["task_id"], clear_due_on=True, tags=[])
    assert cleared == changed | {"due_on": None}


async def test_a_done_task_can_be_reopened(server: "RunningServer") -> None:
    task = await call(server, "ann", "add_task", title="Call Bob")
    await call(server, "ann", "complete_task", task_id=task["task_id"])
    reopened = await call(server, "ann", "update_task", task_id=task["task_id"], status="open")
    assert reopened == without_mark(task)


async def test_tasks_are_listed_by_day_tag_and_priority_with_the_most_pressing_first(
    server: "RunningServer",
) -> None:
    today = datetime.now(UTC).astimezone().date()
    someday = await call(server, "ann", "add_task", title="someday", tags=["home"])
    late = await call(server, "ann", "add_task", title="late", due_on=str(today - timedelta(days=1)))
    due = await call(server, "ann", "add_task", title="due", due_on=str(today))
    urgent = await call(server, "ann", "add_task", title="urgent", due_on=str(today), priority="high")

    async def titles(**arguments: Any) -> list[str]:
        return [task["title"] for task in (await call(server, "ann", "list_tasks", **arguments))["tasks"]]

    assert await titles() == [late["title"], urgent["title"], due["title"], someday["title"]]
    assert await titles(due="today") == ["urgent", "due"]
    assert await titles(due="overdue") == ["late"]
    assert await titles(tag="home") == ["someday"]
    assert await titles(priority="high") == ["urgent"]
    cut = await call(server, "ann", "list_tasks", limit=1)
    assert (len(cut["tasks"]), cut["total"]) == (1, 4)


async def test_nobody_reaches_the_tasks_of_another_user(server: "RunningServer") -> None:
    task = await call(server, "ann", "add_task", title="secret")
    assert (await call(server, "bob", "list_tasks", status="all"))["tasks"] == []
    for tool, change in (("complete_task", {}), ("update_task", {"title": "mine"})):
        with pytest.raises(ToolError, match=f"Task {task['task_id']} not found"):
            await call(server, "bob", tool, task_id=task["task_id"], **change)
    assert not (await call(server, "bob", "delete_task", task_id=task["task_id"]))["deleted"]
    assert (await call(server, "ann", "list_tasks"))["tasks"] == [without_mark(task)]


async def test_a_deleted_task_is_gone_and_deleting_it_again_changes_nothing(server: "RunningServer") -> None:
    task = await call(server, "ann", "add_task", title="Call Bob")
    deleted = await call(server, "ann", "delete_task", task_id=task["task_id"])
    assert (deleted["deleted"], deleted["message"]) == (True, f"Task {task['task_id']} is deleted.")
    again = await call(server, "ann", "delete_task", task_id=task["task_id"])
    assert not again["deleted"]
    assert "Call list_tasks to see the ids" in again["message"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"title": " "}, "title: .*must not be blank"),
        ({"title": "x" * 301}, "title: .*at most 300"),
        ({"title": "x", "due_on": "tomorrow"}, "due_on: must be a date as YYYY-MM-DD"),
        ({"title": "x", "due_on": 20000}, "due_on: must be a date as YYYY-MM-DD"),
        ({"title": "x", "idempotency_key": "k" * 101}, "idempotency_key: .*at most 100"),
        ({"title": "x", "priority": "urgent"}, "priority: .*'low', 'normal' or 'high'"),
        ({"title": "x", "tags": ["y" * 61]}, r"tags\.0: .*at most 60"),
    ],
)
async def test_a_bad_argument_is_named_without_internals(
    server: "RunningServer", arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ToolError, match=complaint) as caught:
        await call(server, "ann", "add_task", **arguments)
    assert "pydantic" not in str(caught.value)


async def test_a_nul_character_is_dropped_because_postgres_has_none(server: "RunningServer") -> None:
    assert (await call(server, "ann", "add_task", title="a\x00b"))["title"] == "ab"


async def test_the_same_key_adds_a_task_once_even_at_the_same_moment(server: "RunningServer") -> None:
    adding = [call(server, "ann", "add_task", title=f"try {n}", idempotency_key="k1") for n in range(5)]
    added = await asyncio.gather(*adding)
    assert sorted(task["repeated"] for task in added) == [False, True, True, True, True]
    assert len({(task["task_id"], task["title"]) for task in added}) == 1
    assert not (await call(server, "bob", "add_task", title="his own", idempotency_key="k1"))["repeated"]
    assert not (await call(server, "ann", "add_task", title="another", idempotency_key="k2"))["repeated"]
    assert (await call(server, "ann", "list_tasks"))["total"] == 2


async def test_the_key_of_a_deleted_task_can_be_used_again(server: "RunningServer") -> None:
    first = await call(server, "ann", "add_task", title="x", idempotency_key="k")
    await call(server, "ann", "delete_task", task_id=first["task_id"])
    assert not (await call(server, "ann", "add_task", title="x", idempotency_key="k"))["repeated"]


async def test_a_client_can_give_the_key_beside_the_arguments(server: "RunningServer") -> None:
    async with server.client_of("ann") as client:
        for repeated in (False, True):
            added = await client.call_tool(
                "add_task", {"title": "x"}, meta={"owflex/idempotency-key": "from the client"}
            )
            assert added.data.repeated is repeated
        for bad in (7, "", "k" * 101):
            with pytest.raises(ToolError, match="idempotency-key: must be a text of 1 to 100 characters"):
                await client.call_tool("add_task", {"title": "x"}, meta={"owflex/idempotency-key": bad})


async def test_tasks_are_listed_page_by_page_without_gaps(server: "RunningServer") -> None:
    for number in range(5):
        due_on = {} if number % 2 else {"due_on": f"2031-01-0{number + 1}"}
        await call(server, "ann", "add_task", title=f"task {number}", **due_on)
    everything = await call(server, "ann", "list_tasks")
    pages: list[dict[str, Any]] = []
    cursor: str | None = None
    while cursor is not None or not pages:
        page = await call(server, "ann", "list_tasks", limit=2, cursor=cursor)
        assert page["total"] == 5
        pages += page["tasks"]
        cursor = page["next_cursor"]
    assert pages == everything["tasks"]


async def test_long_tasks_make_pages_short(server: "RunningServer") -> None:
    for number in range(3):
        await call(server, "ann", "add_task", title=f"long {number}", notes="n" * 1500)
    page = await call(server, "ann", "list_tasks")
    assert (len(page["tasks"]), page["total"]) == (1, 3)
    rest = await call(server, "ann", "list_tasks", cursor=page["next_cursor"])
    assert rest["tasks"][0]["title"] == "long 1"


async def test_tasks_are_found_by_words_and_by_days(server: "RunningServer") -> None:
    await call(server, "ann", "add_task", title="Write report", notes="Budget 2031", due_on="2031-03-05")
    await call(server, "ann", "add_task", title="Call Bob", tags=["budget"], due_on="2031-03-09")

    async def titles(**arguments: Any) -> list[str]:
        return [task["title"] for task in (await call(server, "ann", "list_tasks", **arguments))["tasks"]]

    assert await titles(query="budget") == ["Write report", "Call Bob"]
    assert await titles(query="2031 REPORT") == ["Write report"]
    assert await titles(query="report bob") == []
    assert await titles(query="%") == []
    assert await titles(due_from="2031-03-06") == ["Call Bob"]
    assert await titles(due_from="2031-03-05", due_to="2031-03-05") == ["Write report"]


async def test_today_is_a_day_of_the_callers_time_zone(server: "RunningServer") -> None:
    # These two are 26 hours apart, so their days always differ.
    first = await call(server, "ann", "list_tasks", time_zone="Etc/GMT+12")
    last = await call(server, "ann", "list_tasks", time_zone="Pacific/Kiritimati")
    assert date.fromisoformat(first["today"]) < date.fromisoformat(last["today"])
    await call(server, "ann", "add_task", title="x", due_on=last["today"])
    due = await call(server, "ann", "list_tasks", due="today", time_zone="Pacific/Kiritimati")
    assert due["total"] == 1
    assert (await call(server, "ann", "list_tasks", due="today", time_zone="Etc/GMT+12"))["total"] == 0
    week = await call(server, "ann", "list_tasks", due="week", time_zone="Etc/GMT+12")
    assert week["total"] == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"time_zone": "Middle/Earth"}, 'time_zone: "Middle/Earth" is not a time zone; give an IANA name'),
        ({"time_zone": "../etc/passwd"}, "is not a time zone"),
        ({"time_zone": "Europe"}, "is not a time zone"),
        ({"due": "today", "due_to": "2031-01-01"}, "due: leave it out"),
        ({"due_from": "2031-01-02", "due_to": "2031-01-01"}, "the first day is after the last"),
        ({"cursor": "abc"}, "not a cursor of this list"),
        ({"due": "someday"}, "due: .*'any'"),
    ],
)
async def test_a_list_that_makes_no_sense_is_refused_with_a_reason(
    server: "RunningServer", arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ToolError, match=complaint):
        await call(server, "ann", "list_tasks", **arguments)


async def test_a_change_of_nothing_or_of_two_minds_is_refused(server: "RunningServer") -> None:
    task = await call(server, "ann", "add_task", title="x")
    with pytest.raises(ToolError, match="Nothing to change"):
        await call(server, "ann", "update_task", task_id=task["task_id"])
    with pytest.raises(ToolError, match="not both"):
        await call(
            server, "ann", "update_task", task_id=task["task_id"], due_on="2031-01-01", clear_due_on=True
        )
