"""People who chat through a proxy as the page does: what is cut off is sent again under its key."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2

# As the page does it (chat_page/src/chat/patient-stream.ts).
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
PROXY_ERRORS = (502, 503, 504)
BUSY = 409
# Lines that stand for an answer which can be asked for again.
FAILED = ("reload", "play")
MAX_RETRIES = 10


class CutOffError(Exception):
    """The connection ended, or a proxy answered in place of the service."""


class RefusedError(Exception):
    """The service answered with an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"HTTP {status} {text[:80]}")
        self.status = status


@dataclass
class Tally:
    """What was sent, and what people had to do for it. `sent` has the words of each message by its number."""

    sent: dict[str, str] = field(default_factory=dict[str, str])
    unanswered: list[str] = field(default_factory=list[str])
    counts: Counter[str] = field(default_factory=Counter[str])
    reasons: Counter[str] = field(default_factory=Counter[str])
    slowest: float = 0.0
    minutes: float = 0.0


@dataclass
class Person:
    """Somebody with one conversation; every other message asks for a task."""

    number: int
    http: httpx2.AsyncClient
    tally: Tally
    thread: str | None = None
    shown: str | None = None

    async def chat(self, is_over: asyncio.Event, pause: float) -> None:
        """Ask, read the answer, think, ask again. A new conversation every ten messages."""
        turn = 0
        while not is_over.is_set():
            if turn % 10 == 0:
                self.thread = None
            name = f"{self.number}-{turn}-{uuid4().hex[:6]}"
            words = f"Add the task Job {name}" if turn % 2 else f"What does setting {name} change?"
            self.tally.sent[name] = words
            began = time.monotonic()
            if not await self._ask(words, name):
                self.tally.unanswered.append(name)
            self.tally.slowest = max(self.tally.slowest, time.monotonic() - began)
            turn += 1
            await asyncio.sleep(pause)

    async def _ask(self, words: str, name: str) -> bool:
        """Whether the answer came, whole, if need be after pressing "Try again"."""
        content = [{"type": "input_text", "text": words}]
        params: dict[str, Any] = {"input": {"content": content, "attachments": [], "inference_options": {}}}
        kind = "threads.create" if self.thread is None else "threads.add_user_message"
        body = {
            "type": kind,
            "params": params if self.thread is None else params | {"thread_id": self.thread},
        }
        self.shown, key = None, uuid4().hex
        for pressed in range(MAX_RETRIES):
            self.tally.counts["retries seen"] += pressed > 0
            try:
                if await self._patiently(body, key, name):
                    return True
            except (CutOffError, RefusedError) as error:
                self.tally.reasons[str(error)[:60]] += 1
                await asyncio.sleep(1)
            if self.shown is not None:
                item = {"thread_id": self.thread, "item_id": self.shown}
                body, key = {"type": "threads.retry_after_item", "params": item}, uuid4().hex
        return False

    async def _patiently(self, body: dict[str, Any], key: str, name: str) -> bool:
        for attempt, pause in enumerate(PAUSES):
            try:
                return await self._read(body, key, name)
            except (CutOffError, RefusedError) as error:
                # What is still busy may be our own first try.
                if isinstance(error, RefusedError) and (error.status != BUSY or attempt == 0):
                    raise
                self.tally.reasons[f"by itself: {str(error)[:30]}"] += 1
                self.tally.counts["sent again by itself"] += 1
            await asyncio.sleep(pause)
        return await self._read(body, key, name)

    async def _read(self, body: dict[str, Any], key: str, name: str) -> bool:
        """Whether the stream brought the whole answer to this message."""
        is_whole = False
        async for event in self._events(body, key):
            item: dict[str, Any] = event.get("item") or {}
            if event["type"] == "thread.created":
                self.thread = event["thread"]["id"]
            elif event["type"] == "error":
                self.tally.reasons[str(event.get("message"))[:60]] += 1
                return False
            elif item.get("type") == "user_message" and event["type"] == "thread.item.done":
                self.shown = item["id"]
            elif item.get("type") == "task" and item["task"].get("icon") in FAILED:
                self.tally.reasons[item["task"]["title"][:60]] += 1
                return False
            elif event["type"] == "thread.item.done" and item.get("type") == "assistant_message":
                is_whole = is_whole or f"Answer {name}." in item["content"][0]["text"]
        if not is_whole:
            self.tally.reasons["the stream ended without an answer"] += 1
        return is_whole

    async def _events(self, body: dict[str, Any], key: str) -> AsyncGenerator[dict[str, Any]]:
        try:
            async with self.http.stream(
                "POST", "/chatkit", json=body, headers={"Idempotency-Key": key}
            ) as answer:
                if answer.status_code != 200:
                    text = (await answer.aread()).decode(errors="replace")
                    raise _error(answer.status_code, text)
                async for line in answer.aiter_lines():
                    if line.startswith("data: "):
                        yield json.loads(line[6:])
        except httpx2.TransportError as error:
            raise CutOffError(type(error).__name__) from None


def _error(status: int, text: str) -> CutOffError | RefusedError:
    is_of_the_service = text.startswith("{") and "stopping" not in text
    if status in PROXY_ERRORS and not is_of_the_service:
        return CutOffError(f"HTTP {status}")
    return RefusedError(status, text)
