"""Changes of tasks are taken back through the real protocol, for thirty days, by nobody but their user."""

import asyncio
from typing import TYPE_CHECKING, Any, LiteralString

import pytest
from fastmcp.exceptions import ToolError

if TYPE_CHECKING:
    from conftest import RunningServer

FIELDS = ("title", "notes", "priority", "due_on", "tags", "status", "completed_at")


async def result_of(server: "RunningServer", user: str, tool: str, meta: Any = None, **arguments: Any) -> Any:
    async with server.client_of(user) as client:
        return await client.call_tool(tool, arguments, meta=meta)


async def call(server: "RunningServer", user: str, tool: str, **arguments: Any) -> dict[str, Any]:
    return (await result_of(server, user, tool, **arguments)).structured_content


async def task_of(server: "RunningServer", user: str, task_id: int) -> dict[str, Any] | None:
    tasks = (await call(server, user, "list_tasks", status="all", limit=200))["tasks"]
    return next((task for task in tasks if task["task_id"] == task_id), None)


@pytest.mark.parametrize(
    ("tool", "change"),
    [
        ("complete_task", {}),
        ("delete_task", {}),
        ("update_task", {"title": "HACKED", "notes": "wiped", "priority": "low"}),
        ("update_task", {"due_on": "2032-01-01"}),
        ("update_task", {"clear_due_on": True, "tags": []}),
        ("update_task", {"status": "done"}),
    ],
)
async def test_every_change_of_a_task_can_be_undone_once(
    server: "RunningServer", tool: str, change: dict[str, Any]
) -> None:
    first = {"title": "Pay rent", "notes": "to Eve", "due_on": "2031-05-01", "tags": ["home"]}
    task = await call(server, "uma", "add_task", **first)
    before = await task_of(server, "uma", task["task_id"])
    result = await result_of(server, "uma", tool, task_id=task["task_id"], **change)
    made = result.meta["owflex/change"]
    assert made["task_id"] == task["task_id"]
    undone = await call(server, "uma", "undo_task_change", change_id=made["change_id"])
    after = await task_of(server, "uma", task["task_id"])
    assert after == before
    assert (undone["tasks"], undone["removed"], undone["repeated"]) == ([after], [], False)
    again = await call(server, "uma", "undo_task_change", change_id=made["change_id"])
    assert again["repeated"]
    assert await task_of(server, "uma", task["task_id"]) == before


async def test_undoing_an_addition_removes_the_task(server: "RunningServer") -> None:
    task = await call(server, "vic", "add_task", title="Pay rent")
    undone = await call(server, "vic", "undo_task_change")
    assert undone["removed"] == [{"task_id": task["task_id"], "title": "Pay rent"}]
    assert await task_of(server, "vic", task["task_id"]) is None
    with pytest.raises(ToolError, match="no change of a task left to undo"):
        await call(server, "vic", "undo_task_change")


async def test_one_undo_after_another_goes_back_in_time(server: "RunningServer") -> None:
    task = await call(server, "wim", "add_task", title="One")
    for title in ("Two", "Three"):
        await call(server, "wim", "update_task", task_id=task["task_id"], title=title)
    for title in ("Two", "One"):
        undone = await call(server, "wim", "undo_task_change", task_id=task["task_id"])
        assert undone["tasks"][0]["title"] == title


async def test_what_was_made_for_one_message_is_undone_together(server: "RunningServer") -> None:
    tasks = [await call(server, "xia", "add_task", title=title) for title in ("One", "Two", "Three")]
    for task in tasks[:2]:
        meta = {"owflex/batch": "message-1"}
        await result_of(server, "xia", "complete_task", meta, task_id=task["task_id"])
    undone = await call(server, "xia", "undo_task_change")
    assert [task["title"] for task in undone["tasks"]] == ["One", "Two"]
    assert (await call(server, "xia", "list_tasks"))["total"] == 3


async def test_what_was_changed_since_is_not_undone(server: "RunningServer") -> None:
    task = await call(server, "yan", "add_task", title="One", notes="first")
    renamed = await result_of(server, "yan", "update_task", task_id=task["task_id"], title="Two")
    await call(server, "yan", "update_task", task_id=task["task_id"], title="Three")
    change_id = renamed.meta["owflex/change"]["change_id"]
    with pytest.raises(ToolError, match="changed again since, so nothing was undone"):
        await call(server, "yan", "undo_task_change", change_id=change_id)
    # Another field is none of its business.
    await call(server, "yan", "undo_task_change", task_id=task["task_id"])
    await call(server, "yan", "update_task", task_id=task["task_id"], notes="second")
    await call(server, "yan", "undo_task_change", change_id=change_id)
    found = await task_of(server, "yan", task["task_id"])
    assert found is not None
    assert (found["title"], found["notes"]) == ("One", "second")


async def test_nothing_is_kept_of_a_change_that_changes_nothing(server: "RunningServer") -> None:
    task = await call(server, "zoe", "add_task", title="One")
    await call(server, "zoe", "complete_task", task_id=task["task_id"])
    done = await result_of(server, "zoe", "complete_task", task_id=task["task_id"])
    assert "owflex/change" not in (done.meta or {})
    assert (await call(server, "zoe", "undo_task_change"))["tasks"][0]["status"] == "open"


async def test_nobody_undoes_what_another_has_done(server: "RunningServer") -> None:
    task = await result_of(server, "abe", "add_task", title="Mine")
    made = task.meta["owflex/change"]
    for arguments in ({}, {"change_id": made["change_id"]}, {"task_id": made["task_id"]}):
        with pytest.raises(ToolError, match="no change of a task left to undo"):
            await call(server, "bea", "undo_task_change", **arguments)
    assert await task_of(server, "abe", made["task_id"]) is not None


async def test_two_who_undo_the_same_at_once_undo_it_once(server: "RunningServer") -> None:
    task = await call(server, "cem", "add_task", title="One")
    result = await result_of(server, "cem", "update_task", task_id=task["task_id"], title="Two")
    change_id = result.meta["owflex/change"]["change_id"]
    undone = await asyncio.gather(
        *(call(server, "cem", "undo_task_change", change_id=change_id) for _ in range(5))
    )
    assert sorted(one["repeated"] for one in undone) == [False, True, True, True, True]
    found = await task_of(server, "cem", task["task_id"])
    assert found is not None
    assert found["title"] == "One"


async def test_old_values_are_gone_after_thirty_days(server: "RunningServer") -> None:
    task = await call(server, "dot", "add_task", title="One")
    await call(server, "dot", "update_task", task_id=task["task_id"], title="Two")
    await run(server, "update task_changes set changed_at = now() - interval '31 days' where user_id = 'dot'")
    with pytest.raises(ToolError, match="no change of a task left to undo"):
        await call(server, "dot", "undo_task_change")
    # The next change, whosever it is, lets them go.
    await call(server, "eli", "add_task", title="Another")
    assert await run(server, "select from task_changes where user_id = 'dot'") == 0


async def test_what_nobody_asked_for_as_a_user_leaves_nothing_behind(server: "RunningServer") -> None:
    await call(server, "fay", "add_task", title="One")
    await run(server, "delete from task_changes where user_id = 'fay'")
    # As the removal of a person does it.
    await run(server, "delete from tasks where user_id = 'fay'")
    assert await run(server, "select from task_changes where user_id = 'fay'") == 0


async def run(server: "RunningServer", statement: LiteralString) -> int:
    """How many rows a statement of the owner's reached."""
    async with server.pool.connection() as connection:
        return (await connection.execute(statement)).rowcount


async def test_an_undo_that_is_made_again_under_its_key_undoes_nothing_more(server: "RunningServer") -> None:
    task = await call(server, "yan", "add_task", title="One")
    for title in ("Two", "Three"):
        await call(server, "yan", "update_task", task_id=task["task_id"], title=title)
    meta = {"owflex/idempotency-key": "undo-1"}
    first, again = [await result_of(server, "yan", "undo_task_change", meta) for _ in range(2)]
    assert [answer.structured_content["tasks"][0]["title"] for answer in (first, again)] == ["Two", "Two"]
    assert [answer.structured_content["repeated"] for answer in (first, again)] == [False, True]
    other = await result_of(server, "yan", "undo_task_change", {"owflex/idempotency-key": "undo-2"})
    assert other.structured_content["tasks"][0]["title"] == "One"


async def test_undos_under_one_key_at_once_undo_one_change(server: "RunningServer") -> None:
    task = await call(server, "yara", "add_task", title="One")
    for title in ("Two", "Three", "Four"):
        await call(server, "yara", "update_task", task_id=task["task_id"], title=title)
    meta = {"owflex/idempotency-key": "undo-1"}
    await asyncio.gather(*(result_of(server, "yara", "undo_task_change", meta) for _ in range(4)))
    now = await task_of(server, "yara", task["task_id"])
    assert now is not None
    assert now["title"] == "Three"


async def test_a_deletion_that_is_made_again_for_its_message_says_that_the_task_is_deleted(
    server: "RunningServer",
) -> None:
    task = await call(server, "zoe", "add_task", title="One")
    meta = {"owflex/batch": "message-1"}
    for _ in range(2):
        deleted = await result_of(server, "zoe", "delete_task", meta, task_id=task["task_id"])
        assert deleted.structured_content["deleted"]
    other = await result_of(server, "zoe", "delete_task", {"owflex/batch": "m2"}, task_id=task["task_id"])
    assert not other.structured_content["deleted"]


async def test_a_change_that_is_made_again_names_the_change_of_its_message(server: "RunningServer") -> None:
    task = await call(server, "zak", "add_task", title="One")
    meta = {"owflex/batch": "message-1"}
    made = [
        (await result_of(server, "zak", "complete_task", meta, task_id=task["task_id"])).meta["owflex/change"]
        for _ in range(2)
    ]
    assert made[0] == made[1]
