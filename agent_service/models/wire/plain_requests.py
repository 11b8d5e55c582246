"""OpenAI's client without its search for values that are not JSON: the agents' requests are JSON already.

For each request the client walks through all messages and the schemas of all tools, and asks the types of its
parameters about every value. That was half of what a turn of the chat cost.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, cast

from openai import AsyncOpenAI, omit
from openai.resources.chat import AsyncChat
from openai.resources.chat.completions import AsyncCompletions


class PlainCompletions(AsyncCompletions):
    """Chat completions whose messages and tools are sent as they are given."""

    async def create(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        *,
        messages: object,
        tools: object = omit,
        extra_body: Mapping[str, object] | None = None,
        **others: Any,
    ) -> object:
        """As the client's own. Raises `TypeError` for messages and tools that are no JSON."""
        # What is in `extra_body` takes the place of what has the same name, and nothing looks into it.
        given = {"messages": messages, "tools": tools, **(extra_body or {})}
        return cast(object, await super().create(messages=[], extra_body=given, **others))


class PlainChat(AsyncChat):
    """Has `PlainCompletions`."""

    @cached_property
    def completions(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
    ) -> PlainCompletions:
        """Chat completions."""
        return PlainCompletions(self._client)


class PlainRequests(AsyncOpenAI):
    """Has `PlainChat`."""

    @cached_property
    def chat(self) -> PlainChat:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Everything about chats."""
        return PlainChat(self)
