"""Tasks through the real protocol."""

from datetime import UTC, datetime, timedelta
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
    }
    assert (await call(server, "ann", "list_tasks"))["tasks"] == [added]


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
    assert changed == task | {"priority": "low"}
    cleared = await call(server, "ann", "update_task", task_id=task["task_id"], clear_due_on=True, tags=[])
    assert cleared == changed | {"due_on": None}


async def test_a_done_task_can_be_reopened(server: "RunningServer") -> None:
    task = await call(server, "ann", "add_task", title="Call Bob")
    await call(server, "ann", "complete_task", task_id=task["task_id"])
    reopened = await call(server, "ann", "update_task", task_id=task["task_id"], status="open")
    assert reopened == task


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
    for tool in ("complete_task", "update_task", "delete_task"):
        with pytest.raises(ToolError, match=f"Task {task['task_id']} not found"):
            await call(server, "bob", tool, task_id=task["task_id"])
    assert (await call(server, "ann", "list_tasks"))["tasks"] == [task]


async def test_a_deleted_task_is_gone(server: "RunningServer") -> None:
    task = await call(server, "ann", "add_task", title="Call Bob")
    deleted = await call(server, "ann", "delete_task", task_id=task["task_id"])
    assert deleted == {"task_id": task["task_id"], "deleted": True}
    with pytest.raises(ToolError, match="Call list_tasks to see the ids"):
        await call(server, "ann", "delete_task", task_id=task["task_id"])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"title": " "}, "title: .*must not be blank"),
        ({"title": "x" * 301}, "title: .*at most 300"),
        ({"title": "x", "due_on": "tomorrow"}, "due_on: .*date"),
        ({"title": "x", "priority": "urgent"}, "priority: .*'low', 'normal' or 'high'"),
        ({"title": "x", "tags": [""]}, r"tags\.0: .*at least 1 character"),
        ({"title": "x", "user_id": "bob"}, "user_id: .*[Uu]nexpected"),
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
