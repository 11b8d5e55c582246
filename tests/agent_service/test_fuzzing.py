"""Made-up requests to the chat: never a 500, always a sentence, nothing of another user."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agent_service.conftest import Chat, OpenChat
from tests.support.fuzzing import STRANGE_TEXTS, VALUES, bounded, check_answer, encoded

SECRET = "the heron nests behind the mill"
TYPES = (
    *(
        "threads.create",
        "threads.add_user_message",
        "threads.add_client_tool_output",
        "threads.custom_action",
    ),
    *("threads.add_structured_input", "threads.retry_after_item", "threads.sync_custom_action"),
    *(
        "threads.get_by_id",
        "threads.list",
        "threads.update",
        "threads.delete",
        "items.list",
        "items.feedback",
    ),
    *("attachments.create", "attachments.delete", "input.transcribe", "no.such.type"),
)
MEANT = ("thread_id", "item_id", "item_ids", "input", "action", "after", "limit", "order", "title", "kind")
NAMES = (*MEANT, "result", "name", "size", "mime_type", "attachment_id", "audio_base64", "metadata")
BEGINNINGS = (
    *(
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"%PDF-1.7\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"{\\rtf1",
        b"\x89PNG\r\n\x1a\n",
    ),
    *(
        b"GIF89a",
        b"\xff\xd8\xff",
        b"RIFF\0\0\0\0WEBP",
        b"RIFF\0\0\0\0WAVE",
        b"OggS",
        b"<html>",
        b"From: a\r\n",
        b"",
    ),
)
PATHS = (
    *("/knowledge/documents", "/knowledge/collections", "/knowledge/uploads/", "/knowledge/evaluations/"),
    *("/knowledge/documents/1/chunks", "/knowledge/rights", "/attachments/", "/feedback", "/static/", "/"),
)


@dataclass(frozen=True)
class Fuzzed:
    """A chat, and what a stranger has in it."""

    chat: Chat
    thread_id: str
    item_id: str
    attachment_id: str


@pytest.fixture
async def fuzzed(open_in_house: OpenChat) -> Fuzzed:
    """Bob has a thread and a file with a secret in it; there is somebody who would write recordings down."""
    chat = await open_in_house(
        "extractive",
        transcription="openai",
        transcription_base_url="http://127.0.0.1:9/v1",
        knowledge_uploads=True,
        chat_uploads_per_hour=0,
        chat_rate_limit_per_minute=0,
    )
    bob = {"x-user": "bob"}
    said = await chat.say(SECRET, user="bob")
    page = await chat.post({"type": "items.list", "params": {"thread_id": said.thread_id}}, **bob)
    sent = await chat.http.post(
        f"{chat.url}/attachments", files={"file": ("a.txt", SECRET.encode())}, headers=bob
    )
    return Fuzzed(chat, said.thread_id, page.json()["data"][0]["id"], sent.json()["id"])


def of_bob(value: Any, fuzzed: Fuzzed) -> Any:
    """The value with Bob's ids in the places of their marks."""
    marks = {"<thread>": fuzzed.thread_id, "<item>": fuzzed.item_id, "<file>": fuzzed.attachment_id}
    if isinstance(value, dict):
        return {name: of_bob(part, fuzzed) for name, part in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [of_bob(part, fuzzed) for part in value]  # pyright: ignore[reportUnknownVariableType]
    return marks.get(value, value) if isinstance(value, str) else value


MARKS = st.sampled_from(["<thread>", "<item>", "<file>"])
GIVEN = st.one_of(MARKS, st.lists(MARKS, max_size=2), VALUES)
EMPTY_LIST: st.SearchStrategy[list[Any]] = st.just([])
EMPTY_OBJECT: st.SearchStrategy[dict[str, Any]] = st.just({})
MESSAGES: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {
        "content": st.one_of(
            st.lists(
                st.fixed_dictionaries({"type": st.just("input_text"), "text": STRANGE_TEXTS}), max_size=2
            ),
            VALUES,
        ),
        "attachments": st.one_of(EMPTY_LIST, GIVEN),
        "inference_options": st.one_of(EMPTY_OBJECT, VALUES),
    },
    optional={"quoted_text": GIVEN},
)
ACTIONS: st.SearchStrategy[Any] = st.fixed_dictionaries({"type": STRANGE_TEXTS, "payload": VALUES})
REQUESTS: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {
        "type": st.sampled_from(TYPES),
        "params": st.one_of(
            st.dictionaries(st.sampled_from(NAMES), GIVEN, max_size=6),
            st.fixed_dictionaries(
                {"thread_id": GIVEN, "item_id": GIVEN, "input": MESSAGES, "action": ACTIONS}
            ),
            st.fixed_dictionaries({"input": MESSAGES}),
        ),
    },
    optional={"metadata": VALUES},
)


@bounded
@given(request=REQUESTS)
async def test_requests_of_the_protocol(fuzzed: Fuzzed, request: Any) -> None:
    body = encoded(of_bob(request, fuzzed))
    check_answer(await fuzzed.chat.post(body, **{"x-user": "ann"}), SECRET)


@bounded
@given(body=st.one_of(st.binary(max_size=200), VALUES.map(encoded)))
async def test_bodies_that_are_no_request(fuzzed: Fuzzed, body: bytes) -> None:
    for path in ("/chatkit", "/feedback", "/knowledge/search", "/knowledge/documents"):
        answer = await fuzzed.chat.http.post(
            f"{fuzzed.chat.url}{path}",
            content=body,
            headers={"content-type": "application/json", "x-user": "ann"},
        )
        check_answer(answer, SECRET)


@bounded
@given(
    path=st.sampled_from(PATHS),
    rest=STRANGE_TEXTS,
    query=st.dictionaries(
        st.sampled_from(["limit", "cursor", "around", "from", "count", "query"]), STRANGE_TEXTS
    ),
    method=st.sampled_from(["GET", "DELETE", "PUT", "PATCH", "OPTIONS"]),
)
async def test_addresses(fuzzed: Fuzzed, path: str, rest: str, query: dict[str, str], method: str) -> None:
    end = quote(rest[:1000], safe="") if path.endswith("/") else ""
    answer = await fuzzed.chat.http.request(
        method, f"{fuzzed.chat.url}{path}{end}", params=query, headers={"x-user": "ann"}
    )
    check_answer(answer, SECRET)


@bounded
@given(
    name=STRANGE_TEXTS,
    beginning=st.sampled_from(BEGINNINGS),
    rest=st.binary(max_size=100),
    as_form=st.booleans(),
)
async def test_uploads_and_recordings(
    fuzzed: Fuzzed, name: str, beginning: bytes, rest: bytes, as_form: bool
) -> None:
    data = beginning + rest
    files = {"file": (name.encode("ascii", "ignore").decode() or "a.docx", data)} if as_form else None
    for path in ("/attachments", "/voice/transcribe", f"/attachments/{fuzzed.attachment_id}"):
        answer = await fuzzed.chat.http.post(
            f"{fuzzed.chat.url}{path}",
            files=files,
            content=None if as_form else data,
            headers={"x-user": "ann"},
        )
        check_answer(answer, SECRET)
