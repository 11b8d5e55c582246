"""Asks the chat over HTTP, as the page does."""

import json
import time
from collections.abc import Iterator
from typing import Any, cast

import httpx2

from owflex.asking.addresses import client
from owflex.errors import OwflexError
from owflex.evaluation.answer_grading import Given

# What the agent service lets an answer be silent for.
SECONDS_OF_SILENCE = 600.0


class ChatBrokeOffError(OwflexError):
    """The chat could not be asked."""


class ChatSession:
    """One conversation with the chat at `url` in a language; it is deleted at the end of the block."""

    def __init__(self, url: str, language: str) -> None:
        self._url = f"{url}/chatkit"
        self._headers = {"accept": "application/x-ndjson", "accept-language": language}
        self._http = client(seconds=SECONDS_OF_SILENCE)
        self._thread: str | None = None
        self._approval: tuple[str, dict[str, Any]] | None = None

    def __enter__(self) -> "ChatSession":
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is not None:
            self._events("threads.delete", {"thread_id": self._thread})
        self._http.close()

    def say(self, text: str) -> Given:
        """The answer to a message. Raises `ChatBrokeOffError`."""
        content = [{"type": "input_text", "text": text}]
        params: dict[str, Any] = {"input": {"content": content, "attachments": [], "inference_options": {}}}
        if self._thread is None:
            return self._answer("threads.create", params)
        return self._answer("threads.add_user_message", params | {"thread_id": self._thread})

    def decide(self, *, approve: bool) -> Given:
        """What follows the user's word on a call; no answer when none waits. Raises `ChatBrokeOffError`."""
        if self._approval is None or self._thread is None:
            return Given("", notices=["nothing waits for an approval"])
        item_id, buttons = self._approval
        action = buttons["approval.approve" if approve else "approval.deny"]
        params = {"thread_id": self._thread, "item_id": item_id, "action": action}
        return self._answer("threads.custom_action", params)

    def _answer(self, request: str, params: dict[str, Any]) -> Given:
        started = time.perf_counter()
        events = self._events(request, params)
        return self._given(events, time.perf_counter() - started)

    def _events(self, request: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        body = {"type": request, "params": params}
        try:
            with self._http.stream("POST", self._url, json=body, headers=self._headers) as response:
                response.read()
                response.raise_for_status()
                return list(_events_in(response.text))
        except (httpx2.HTTPError, ValueError) as error:
            raise ChatBrokeOffError(f"The chat broke off ({type(error).__name__}).") from None

    def _given(self, events: list[dict[str, Any]], seconds: float) -> Given:
        items = [event["item"] for event in events if event.get("type") == "thread.item.done"]
        messages = [item for item in items if item.get("type") == "assistant_message"]
        cards = [item for item in items if item.get("type") == "widget"]
        for event in events:
            if event.get("type") == "thread.created":
                self._thread = str(event["thread"]["id"])
        self._approval = next(filter(None, map(_approval_of, cards)), None)
        parts = [part for message in messages for part in message["content"]]
        cited = [note["source"] for part in parts for note in part.get("annotations", [])]
        data = [cast(dict[str, Any], source.get("data") or {}) for source in cited]
        return Given(
            text="\n\n".join(str(part["text"]) for part in parts),
            cards=[" ".join(_texts_of(card["widget"])) for card in cards],
            sources=[str(one.get("source", "")) for one in data],
            passages=[str(one.get("passage", "")) for one in data],
            tools=sum(len(item["workflow"]["tasks"]) for item in items if item.get("type") == "workflow"),
            seconds=seconds,
            notices=[str(event.get("message")) for event in events if event.get("type") == "error"],
        )


def _events_in(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        if line.strip():
            yield json.loads(line)


def _texts_of(widget: dict[str, Any]) -> Iterator[str]:
    for name in ("value", "label"):
        if isinstance(widget.get(name), str):
            yield str(widget[name])
    for child in _children(widget):
        yield from _texts_of(child)


def _approval_of(card: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The card's id and its buttons by the kind of their action; None for a card of tasks."""
    actions = {action["type"]: action for action in _actions_of(card["widget"])}
    return (str(card["id"]), actions) if "approval.approve" in actions else None


def _actions_of(widget: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if isinstance(widget.get("onClickAction"), dict):
        yield widget["onClickAction"]
    for child in _children(widget):
        yield from _actions_of(child)


def _children(widget: dict[str, Any]) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], widget.get("children") or [])
