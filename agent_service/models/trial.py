"""Whether a language model answers, found out by asking it."""

import asyncio
import time
from dataclasses import dataclass

import openai
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionFunctionToolParam

from agent_service.errors import AnswerCutError
from agent_service.models.providers import Provider, client_of
from agent_service.models.wire.refusals import Refusals
from agent_service.models.wire.request import TOOLS

# A model on this machine may first have to be loaded.
SECONDS = 60.0
TOOL: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Looks a word up in the handbook.",
        "parameters": {
            "type": "object",
            "properties": {"word": {"type": "string"}},
            "required": ["word"],
        },
    },
}
QUESTION = "What does the handbook say about the word owl? Look it up with the tool."


@dataclass(frozen=True)
class Trial:
    """How it went: whether the model called the tool it was given, and after how many seconds."""

    calls_tools: bool
    seconds: float


async def try_model(provider: Provider, name: str, seconds: float = SECONDS) -> Trial:
    """Ask the model one small question, with a tool to answer it by.

    Raises `openai.OpenAIError`, `AnswerCutError`, and `TimeoutError` when it takes longer than `seconds`.
    """
    refusals = Refusals(provider.name)
    began = time.monotonic()
    async with client_of(provider, seconds, 0, refusals) as client, asyncio.timeout(seconds):
        called, said = await _ask(client, name)
    if not called and not said:
        raise AnswerCutError("The answer has no words.")
    return Trial(called and TOOLS not in refusals.of(name), round(time.monotonic() - began, 1))


async def _ask(client: AsyncOpenAI, name: str) -> tuple[bool, bool]:
    """Whether the tool was called, and whether anything was said."""
    called = said = False
    try:
        stream = await client.chat.completions.create(
            model=name,
            messages=[{"role": "user", "content": QUESTION}],
            tools=[TOOL],
            stream=True,
        )
        async with stream as chunks:
            async for chunk in chunks:
                for choice in chunk.choices:
                    called = called or bool(choice.delta.tool_calls)
                    said = said or bool(choice.delta.content)
    except ValueError as error:
        raise openai.OpenAIError("The answer is not what the protocol requires.") from error
    return called, said
