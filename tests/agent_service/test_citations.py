"""From marks in streamed text to annotations."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    EntitySource,
    ProgressUpdateEvent,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)

from agent_service.turn.citations import Citations
from agent_service.turn.tool_calls import Evidence

NOON = datetime(2026, 11, 21, 12)  # noqa: DTZ001 - the protocol's times are naive


def hit(chunk_id: int, **more: Any) -> dict[str, Any]:
    passage = {
        "chunk_id": chunk_id,
        "document_id": 7,
        "title": "Handbook",
        "source": "handbook.md",
        "heading_path": ["Leave", "Annual"],
        "page": 3,
        "position": 4,
        "content": "<document-text-0badcafe>\nEverybody has 25 days.\n</document-text-0badcafe>",
        "similarity": 0.61234,
        "score": 0.7,
    }
    return passage | more


def evidence_of(*chunk_ids: int) -> Evidence:
    evidence = Evidence()
    evidence.add("search_documents", {"results": [hit(chunk_id) for chunk_id in chunk_ids]})
    return evidence


def item(text: str | None, name: str = "m") -> AssistantMessageItem:
    content = [] if text is None else [AssistantMessageContent(text=text)]
    return AssistantMessageItem(id=name, thread_id="t", created_at=NOON, content=content)


def streamed(*deltas: str, name: str = "m") -> Iterable[ThreadStreamEvent]:
    """The events of one message."""
    text = "".join(deltas)
    yield ThreadItemAddedEvent(item=item(None, name))
    updates = [
        AssistantMessageContentPartAdded(content_index=0, content=AssistantMessageContent(text="")),
        *(AssistantMessageContentPartTextDelta(content_index=0, delta=delta) for delta in deltas),
        AssistantMessageContentPartDone(content_index=0, content=AssistantMessageContent(text=text)),
    ]
    for update in updates:
        yield ThreadItemUpdatedEvent(item_id=name, update=update)
    yield ThreadItemDoneEvent(item=item(text, name))


async def cited(events: Iterable[ThreadStreamEvent], evidence: Evidence) -> list[ThreadStreamEvent]:
    citations = Citations(evidence)
    return [passed for event in events for passed in citations.feed(event)] + citations.end()


def replay(events: list[ThreadStreamEvent]) -> AssistantMessageContent:
    """What a client has on its screen after the deltas."""
    content = AssistantMessageContent(text="")
    for event in events:
        if not isinstance(event, ThreadItemUpdatedEvent):
            continue
        if isinstance(event.update, AssistantMessageContentPartTextDelta):
            content.text += event.update.delta
        elif isinstance(event.update, AssistantMessageContentPartAnnotationAdded):
            assert event.update.annotation_index == len(content.annotations)
            assert event.update.annotation.index == len(content.text)
            content.annotations.append(event.update.annotation)
    return content


def final(events: list[ThreadStreamEvent]) -> AssistantMessageContent:
    """What is stored."""
    done = events[-1]
    assert isinstance(done, ThreadItemDoneEvent)
    assert isinstance(done.item, AssistantMessageItem)
    return done.item.content[0]


def entity(annotation: Annotation) -> EntitySource:
    assert isinstance(annotation.source, EntitySource)
    return annotation.source


async def test_a_mark_becomes_an_annotation_behind_the_sentence() -> None:
    events = await cited(streamed("Everybody ", "has 25 days. [", "[1", "2]] So", " do I."), evidence_of(12))
    content = final(events)
    assert content.text == "Everybody has 25 days. So do I."
    assert [annotation.index for annotation in content.annotations] == [len("Everybody has 25 days.")]


async def test_what_was_streamed_is_what_is_stored() -> None:
    events = await cited(streamed(*"🙂 One. [[12]] Two [[15, 12]].\n[[99]]"), evidence_of(12, 15))
    assert replay(events) == final(events)
    done = events[-2]
    assert isinstance(done, ThreadItemUpdatedEvent)
    assert isinstance(done.update, AssistantMessageContentPartDone)
    assert done.update.content == final(events)


async def test_the_index_counts_code_points() -> None:
    content = final(await cited(streamed("👩‍👧🙂 ok. [[12]]"), evidence_of(12)))
    assert content.annotations[0].index == len("👩‍👧🙂 ok.")


async def test_an_annotation_tells_all_about_its_passage() -> None:
    source = entity(final(await cited(streamed("Yes. [[12]]"), evidence_of(12))).annotations[0])
    assert (source.id, source.title, source.label) == ("12", "Handbook", "handbook.md")
    assert (source.description, source.inline_label, source.interactive) == ("Leave › Annual", "1", True)
    assert source.data == {
        "document_id": "7",
        "source": "handbook.md",
        "heading_path": "Leave › Annual",
        "page": "3",
        "position": "4",
        "passage": "Everybody has 25 days.",
        "similarity": "0.612",
    }


async def test_chunks_are_numbered_in_the_order_they_are_cited_also_across_messages() -> None:
    events = [*streamed("A. [[15]] B. [[12]] C. [[15]]", name="m"), *streamed("D. [[12]]", name="n")]
    results = await cited(events, evidence_of(12, 15))
    done = [event.item for event in results if isinstance(event, ThreadItemDoneEvent)]
    labels = [
        [entity(annotation).inline_label for annotation in item.content[0].annotations]
        for item in done
        if isinstance(item, AssistantMessageItem)
    ]
    assert labels == [["1", "2", "1"], ["2"]]


async def test_a_chunk_that_no_tool_returned_is_not_cited_and_its_mark_disappears() -> None:
    content = final(await cited(streamed("True. [[12]] Invented. [[99]] [[12, 98]]"), evidence_of(12)))
    assert content.text == "True. Invented."
    assert [annotation.index for annotation in content.annotations] == [5, 15]


async def test_only_searches_are_evidence() -> None:
    evidence = Evidence()
    assert evidence.add("get_document", {"results": [hit(12)]}) == 0
    assert evidence.add("search_documents", None) == 0
    assert evidence.add("search_documents", {"results": "nonsense"}) == 0
    content = final(await cited(streamed("Says who? [[12]]"), evidence))
    assert (content.text, content.annotations) == ("Says who?", [])


async def test_the_same_chunk_twice_in_one_place_is_cited_once() -> None:
    content = final(await cited(streamed("Yes. [[12]][[12]]"), evidence_of(12)))
    assert len(content.annotations) == 1


async def test_two_messages_that_stream_side_by_side_do_not_mix() -> None:
    first, second = list(streamed("One [", "[12]]", name="m")), list(streamed("Two [", "x]", name="n"))
    mixed = [event for pair in zip(first, second, strict=True) for event in pair]
    texts = {
        event.item.id: event.item.content[0].text
        for event in await cited(mixed, evidence_of(12))
        if isinstance(event, ThreadItemDoneEvent) and isinstance(event.item, AssistantMessageItem)
    }
    assert texts == {"m": "One", "n": "Two [x]"}


async def test_other_events_pass_untouched() -> None:
    event = ProgressUpdateEvent(text="Looking up [[12]]")
    assert await cited([event], evidence_of(12)) == [event]


async def test_a_place_is_counted_in_characters_also_behind_an_emoji() -> None:
    content = final(await cited(streamed("Done 🎉👩‍💻 today. [[12]] More."), evidence_of(12)))
    (annotation,) = content.annotations
    assert annotation.index == len("Done 🎉👩‍💻 today."), "code points, as the page counts them"
    assert content.text[: annotation.index].endswith("today.")
