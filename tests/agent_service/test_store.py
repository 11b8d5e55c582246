"""What every ChatKit store of ours must do: one contract, on Postgres and in memory."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from chatkit.store import NotFoundError
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    FileAttachment,
    InferenceOptions,
    LockedStatus,
    Page,
    Thread,
    ThreadItem,
    ThreadMetadata,
    UserMessageItem,
    UserMessageTextContent,
    Workflow,
    WorkflowItem,
)

from agent_service.context import RequestContext
from agent_service.storage import MemoryStore, PostgresStore
from database.pool import Pool

AnyStore = MemoryStore | PostgresStore
ANN = RequestContext("ann")
BOB = RequestContext("bob")
NOON = datetime(2026, 11, 21, 12, 0, 0, 123456)  # noqa: DTZ001 - the protocol's times are naive


def thread(name: str, **more: Any) -> ThreadMetadata:
    return ThreadMetadata(id=name, created_at=NOON, **more)


def message(name: str, thread_id: str = "t", text: str = "Hello") -> AssistantMessageItem:
    content = [AssistantMessageContent(text=text)]
    return AssistantMessageItem(id=name, thread_id=thread_id, created_at=NOON, content=content)


def ids(page: Page[Any]) -> list[str]:
    return [entry.id for entry in page.data]


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> AnyStore:
    """Each of the stores, empty."""
    if request.param == "memory":
        return MemoryStore()
    return PostgresStore(request.getfixturevalue("pool"))


class TestStores:
    """The promises."""

    async def test_a_thread_comes_back_as_it_was_saved(self, store: AnyStore) -> None:
        saved = thread("t", title="Über Ωmega 🙂", metadata={"a": [1, None, {"b": 1.50}]})
        await store.save_thread(saved, ANN)
        loaded = await store.load_thread("t", ANN)
        assert loaded == saved
        assert loaded.created_at.tzinfo is None

    async def test_saving_a_thread_again_changes_it(self, store: AnyStore) -> None:
        await store.save_thread(thread("t"), ANN)
        await store.save_thread(thread("t", title="New"), ANN)
        assert (await store.load_thread("t", ANN)).title == "New"
        assert ids(await store.load_threads(10, None, "desc", ANN)) == ["t"]

    async def test_items_that_hang_on_a_saved_thread_are_not_stored(self, store: AnyStore) -> None:
        page = Page[ThreadItem](data=[message("m")])
        await store.save_thread(Thread(id="t", created_at=NOON, items=page), ANN)
        assert (await store.load_thread_items("t", None, 10, "asc", ANN)).data == []

    async def test_items_come_back_exactly_as_they_were_given(self, store: AnyStore) -> None:
        await store.save_thread(thread("t"), ANN)
        items: list[ThreadItem] = [
            UserMessageItem(
                id="u",
                thread_id="t",
                created_at=NOON,
                content=[UserMessageTextContent(text='line\nNUL \x00 quote " backslash \\u0000 emoji 🙂')],
                quoted_text="“quoted”",
                inference_options=InferenceOptions(),
            ),
            WorkflowItem(id="w", thread_id="t", created_at=NOON, workflow=Workflow(type="custom", tasks=[])),
            message("m", text="x" * 100_000),
        ]
        for item in items:
            await store.add_thread_item("t", item, ANN)
        loaded = (await store.load_thread_items("t", None, 10, "asc", ANN)).data
        assert loaded == items
        assert [item.created_at for item in loaded] == [NOON] * 3

    async def test_adding_an_item_again_changes_it_in_its_place(self, store: AnyStore) -> None:
        await store.save_thread(thread("t"), ANN)
        for name in ("a", "b"):
            await store.add_thread_item("t", message(name), ANN)
        await store.add_thread_item("t", message("a", text="once more"), ANN)
        await store.save_item("t", message("b", text="changed"), ANN)
        page = await store.load_thread_items("t", None, 10, "asc", ANN)
        assert page.data == [message("a", text="once more"), message("b", text="changed")]

    @pytest.mark.parametrize("order", ["asc", "desc"])
    async def test_pages_of_items_with_equal_times_join_without_gap_or_repetition(
        self, store: AnyStore, order: str
    ) -> None:
        await store.save_thread(thread("t"), ANN)
        names = [f"m{number}" for number in range(7)]
        for name in names:
            await store.add_thread_item("t", message(name), ANN)
        seen: list[str] = []
        after: str | None = None
        for _ in range(4):
            page = await store.load_thread_items("t", after, 2, order, ANN)
            seen += ids(page)
            assert page.has_more == (len(seen) < 7)
            after = page.after
        assert seen == (names if order == "asc" else names[::-1])
        assert after is None

    @pytest.mark.parametrize("order", ["asc", "desc"])
    async def test_pages_of_threads_join_without_gap_or_repetition(self, store: AnyStore, order: str) -> None:
        names = [f"t{number}" for number in range(5)]
        for name in names:
            await store.save_thread(thread(name), ANN)
        first = await store.load_threads(3, None, order, ANN)
        second = await store.load_threads(3, first.after, order, ANN)
        assert ids(first) + ids(second) == (names if order == "asc" else names[::-1])
        assert (first.has_more, second.has_more, second.after) == (True, False, None)

    async def test_the_order_is_that_of_arrival_not_that_of_the_clock(self, store: AnyStore) -> None:
        await store.save_thread(thread("t"), ANN)
        await store.add_thread_item("t", message("late"), ANN)
        early = message("early").model_copy(update={"created_at": NOON - timedelta(hours=1)})
        await store.add_thread_item("t", early, ANN)
        assert ids(await store.load_thread_items("t", None, 10, "asc", ANN)) == ["late", "early"]

    @pytest.mark.parametrize(("limit", "shown"), [(-5, 1), (0, 1), (2, 2), (9999, 3)])
    async def test_a_strange_limit_is_brought_into_range(
        self, store: AnyStore, limit: int, shown: int
    ) -> None:
        await store.save_thread(thread("t"), ANN)
        for name in ("a", "b", "c"):
            await store.add_thread_item("t", message(name), ANN)
        assert len((await store.load_thread_items("t", None, limit, "desc", ANN)).data) == shown

    async def test_a_page_never_holds_more_than_500_entries(self, store: AnyStore) -> None:
        await store.save_thread(thread("t"), ANN)
        for start in range(0, 505, 101):
            await asyncio.gather(
                *(store.add_thread_item("t", message(f"m{n}"), ANN) for n in range(start, start + 101))
            )
        first = await store.load_thread_items("t", None, 9999, "asc", ANN)
        second = await store.load_thread_items("t", first.after, 9999, "asc", ANN)
        assert (len(first.data), first.has_more, len(second.data)) == (500, True, 5)
        assert len({*ids(first), *ids(second)}) == 505

    async def test_another_users_thread_does_not_exist(self, store: AnyStore) -> None:
        await store.save_thread(thread("t", title="Ann's"), ANN)
        await store.add_thread_item("t", message("m"), ANN)
        attempts = [
            store.load_thread("t", BOB),
            store.save_thread(thread("t", title="Bob's"), BOB),
            store.load_thread_items("t", None, 10, "asc", BOB),
            store.load_item("t", "m", BOB),
            store.add_thread_item("t", message("x"), BOB),
            store.save_item("t", message("m", text="changed"), BOB),
            store.delete_thread_item("t", "m", BOB),
            store.delete_thread("t", BOB),
            store.load_threads(10, "t", "desc", BOB),
        ]
        for attempt in attempts:
            with pytest.raises(NotFoundError):
                await attempt
        assert (await store.load_threads(10, None, "desc", BOB)).data == []
        assert (await store.load_thread("t", ANN)).title == "Ann's"
        assert (await store.load_thread_items("t", None, 10, "asc", ANN)).data == [message("m")]

    @pytest.mark.parametrize("name", ["unknown", "", "with \x00 in it", "'; drop table threads; --"])
    async def test_what_does_not_exist_is_not_found(self, store: AnyStore, name: str) -> None:
        await store.save_thread(thread("t"), ANN)
        attempts = [
            store.load_thread(name, ANN),
            store.load_thread_items(name, None, 10, "asc", ANN),
            store.load_thread_items("t", name, 10, "asc", ANN),
            store.load_threads(10, name, "asc", ANN),
            store.load_item("t", name, ANN),
            store.add_thread_item(name, message("m"), ANN),
            store.delete_thread(name, ANN),
            store.load_attachment(name, ANN),
            store.delete_attachment(name, ANN),
        ]
        for attempt in attempts:
            with pytest.raises(NotFoundError):
                await attempt

    async def test_deleting_an_unknown_item_of_a_known_thread_is_no_error(self, store: AnyStore) -> None:
        await store.save_thread(thread("t"), ANN)
        await store.delete_thread_item("t", "unknown", ANN)

    async def test_the_same_item_id_in_two_threads_means_two_items(self, store: AnyStore) -> None:
        await store.save_thread(thread("t"), ANN)
        await store.save_thread(thread("u"), BOB)
        await store.add_thread_item("t", message("m", "t", "Ann's"), ANN)
        await store.add_thread_item("u", message("m", "u", "Bob's"), BOB)
        await store.delete_thread_item("u", "m", BOB)
        assert await store.load_item("t", "m", ANN) == message("m", "t", "Ann's")

    async def test_deleting_a_thread_takes_everything_with_it(self, store: AnyStore) -> None:
        await store.save_thread(thread("t"), ANN)
        await store.add_thread_item("t", message("m"), ANN)
        await store.save_attachment(attachment("a", "t"), ANN)
        await store.delete_thread("t", ANN)
        for gone in (store.load_thread("t", ANN), store.load_attachment("a", ANN)):
            with pytest.raises(NotFoundError):
                await gone

    async def test_an_attachment_belongs_to_its_user(self, store: AnyStore) -> None:
        await store.save_attachment(attachment("a"), ANN)
        assert await store.load_attachment("a", ANN) == attachment("a")
        for attempt in (
            store.load_attachment("a", BOB),
            store.save_attachment(attachment("a"), BOB),
            store.delete_attachment("a", BOB),
        ):
            with pytest.raises(NotFoundError):
                await attempt

    async def test_an_attachment_cannot_be_put_into_another_users_thread(self, store: AnyStore) -> None:
        await store.save_thread(thread("t"), ANN)
        with pytest.raises(NotFoundError):
            await store.save_attachment(attachment("b", "t"), BOB)

    async def test_many_writers_on_one_thread_lose_nothing(self, store: AnyStore) -> None:
        await store.save_thread(thread("t"), ANN)
        names = [f"m{number}" for number in range(30)]
        await asyncio.gather(*(store.add_thread_item("t", message(name), ANN) for name in names))
        assert sorted(ids(await store.load_thread_items("t", None, 100, "asc", ANN))) == sorted(names)

    async def test_generated_ids_are_long_and_never_the_same(self, store: AnyStore) -> None:
        generated = {store.generate_item_id("message", thread("t"), ANN) for _ in range(100)}
        generated.add(store.generate_thread_id(ANN))
        assert len(generated) == 101
        assert all(len(name.partition("_")[2]) == 32 for name in generated)

    async def test_a_locked_thread_stays_locked(self, store: AnyStore) -> None:
        await store.save_thread(thread("t", status=LockedStatus(reason="Too long.")), ANN)
        assert (await store.load_thread("t", ANN)).status == LockedStatus(reason="Too long.")

    async def test_what_was_handed_out_can_be_changed_without_changing_the_store(
        self, store: AnyStore
    ) -> None:
        given, kept = thread("t", metadata={"a": [1]}), attachment("a")
        await store.save_thread(given, ANN)
        await store.save_attachment(kept, ANN)
        given.metadata["a"].append(2)
        kept.name = "changed"
        (await store.load_thread("t", ANN)).metadata["a"].append(3)
        (await store.load_attachment("a", ANN)).name = "changed"
        assert (await store.load_thread("t", ANN)).metadata == {"a": [1]}
        assert (await store.load_attachment("a", ANN)).name == "a.pdf"

    async def test_an_attachment_can_be_put_into_a_thread_later(self, store: AnyStore) -> None:
        await store.save_thread(thread("t"), ANN)
        await store.save_attachment(attachment("a"), ANN)
        await store.save_attachment(attachment("a", "t"), ANN)
        assert (await store.load_attachment("a", ANN)).thread_id == "t"
        await store.delete_attachment("a", ANN)
        with pytest.raises(NotFoundError):
            await store.load_attachment("a", ANN)

    @pytest.mark.parametrize("order", ["asc", "desc"])
    async def test_ten_thousand_items_are_twenty_pages(
        self, store: AnyStore, request: pytest.FixtureRequest, order: str
    ) -> None:
        await store.save_thread(thread("t"), ANN)
        names = [f"m{number:05}" for number in range(10_000)]
        await fill(store, names, request)
        seen: list[str] = []
        after: str | None = None
        for _ in range(20):
            page = await store.load_thread_items("t", after, 500, order, ANN)
            seen += ids(page)
            after = page.after
        assert seen == (names if order == "asc" else names[::-1])
        assert after is None

    async def test_writers_of_one_item_leave_one_of_their_versions(self, store: AnyStore) -> None:
        await store.save_thread(thread("t"), ANN)
        versions = [message("m", text=str(number)) for number in range(20)]
        await asyncio.gather(*(store.add_thread_item("t", version, ANN) for version in versions))
        (left,) = (await store.load_thread_items("t", None, 100, "asc", ANN)).data
        assert left in versions

    async def test_a_vote_is_kept_and_can_be_changed(self, store: AnyStore) -> None:
        await store.save_thread(thread("t"), ANN)
        await store.add_thread_item("t", message("m"), ANN)
        await store.save_feedback("t", ["m"], "positive", ANN)
        await store.save_feedback("t", ["m"], "negative", ANN)
        assert await store.load_feedback("t", ANN) == {"m": "negative"}
        assert await store.load_feedback("t", BOB) == {}

    async def test_nobody_votes_on_what_is_not_theirs(self, store: AnyStore) -> None:
        await store.save_thread(thread("t"), ANN)
        await store.add_thread_item("t", message("m"), ANN)
        for item_id, user in (("m", BOB), ("unknown", ANN), ("m\x00", ANN)):
            with pytest.raises(NotFoundError):
                await store.save_feedback("t", [item_id], "positive", user)
        assert await store.load_feedback("t", ANN) == {}

    async def test_a_vote_goes_with_its_message(self, store: AnyStore) -> None:
        await store.save_thread(thread("t"), ANN)
        await store.add_thread_item("t", message("m"), ANN)
        await store.save_feedback("t", ["m"], "positive", ANN)
        await store.delete_thread_item("t", "m", ANN)
        assert await store.load_feedback("t", ANN) == {}


def attachment(name: str, thread_id: str | None = None) -> FileAttachment:
    return FileAttachment(id=name, name="a.pdf", mime_type="application/pdf", thread_id=thread_id)


async def fill(store: AnyStore, names: Sequence[str], request: pytest.FixtureRequest) -> None:
    """Add messages with these ids to the thread `t`; on Postgres with one statement."""
    if isinstance(store, MemoryStore):
        for name in names:
            await store.add_thread_item("t", message(name), ANN)
        return
    pool: Pool = request.getfixturevalue("pool")
    async with pool.connection() as connection:
        await connection.execute(
            """
            insert into thread_items (thread_id, id, data)
            select 't', id, data::json
            from unnest(%s::text[], %s::text[]) with ordinality as given (id, data, number)
            order by number
            """,
            [list(names), [message(name).model_dump_json() for name in names]],
        )
