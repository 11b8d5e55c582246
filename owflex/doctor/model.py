"""Whether the language model can do what the chat asks of it: each ability is really tried."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import openai
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionChunk

from agent_service.errors import AnswerCutError
from agent_service.models.providers import Provider, client_of, provider_and_name
from agent_service.models.wire.refusals import Refusals
from agent_service.models.wire.request import FORCED, TOOLS
from agent_service.settings.settings import AgentServiceSettings
from owflex.doctor.findings import Finding, bad, fine, unknown

MAX_SECONDS = 30.0
CONTEXT_FIELDS = ("context_length", "context_window", "max_model_len", "max_context_length", "n_ctx")
# The rules, the tools and what a search returns, besides the conversation itself.
OVERHEAD_TOKENS = 8000
TOOL: dict[str, Any] = {
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
ALLOW = (
    "Start vLLM with --enable-auto-tool-choice and --tool-call-parser, llama.cpp with --jinja; "
    "with other servers choose a model that can call tools (docs/language-models.md)."
)
MARK_THOUGHTS = (
    "Give the server a parser for thoughts: vLLM --reasoning-parser, llama.cpp --reasoning-format."
)
ANOTHER = "Choose a model that can call tools; docs/language-models.md names some."


async def model_findings(
    settings: AgentServiceSettings, *, offline: bool, seconds: float = MAX_SECONDS
) -> AsyncIterator[Finding]:
    """What the model of the settings can do. Raises `ModelChoiceError`."""
    found = provider_and_name(settings)
    if found is None:
        yield unknown("language model", "None is set: answers are quotes from the documents.")
        return
    provider, name = found
    if offline:
        yield unknown("language model", f"{name} of {provider.name} was not asked.")
        return
    refusals = Refusals(provider.name)
    async with client_of(provider, seconds, 0, refusals) as client:
        probe = ModelProbe(client, provider, name, refusals, seconds)
        first = await probe.answers()
        yield first
        if first.state != "bad":
            for finding in await probe.abilities(settings.history_tokens):
                yield finding


class TooSlowError(openai.OpenAIError):
    """An answer began and did not end in time."""


class ModelProbe:
    """Tries one model; each request ends after `seconds`."""

    def __init__(
        self, client: AsyncOpenAI, provider: Provider, name: str, refusals: Refusals, seconds: float
    ) -> None:
        self._client = client
        self._refusals = refusals
        self._seconds = seconds
        self._provider = provider
        self._name = name
        self._words = 0
        self._usage = False

    async def answers(self) -> Finding:
        """Whether key and model are good, by asking for one word."""
        try:
            for chunk in await self._ask("Answer with the one word: yes"):
                self._words += any(choice.delta.content for choice in chunk.choices)
                self._usage = self._usage or chunk.usage is not None
        except openai.OpenAIError as error:
            return self._refused(error)
        return fine("language model", f"{self._provider.name} accepts the key and knows {self._name}.")

    async def abilities(self, history_tokens: int) -> list[Finding]:
        """Streaming, tools, forced tools, stopping, usage, the size of the context, and what is left out."""
        found = [
            self._streaming(),
            await self._tools(),
            await self._forced(),
            await self._stopping(),
            self._reports_usage(),
            await self._context(history_tokens),
        ]
        return [*found, *self._left_out()]

    def _refused(self, error: openai.OpenAIError) -> Finding:
        setting, name = self._provider.key_setting, self._name
        status = getattr(error, "status_code", None)
        if isinstance(error, openai.APITimeoutError | TooSlowError):
            return bad("language model", "It did not answer in time.", "Try again, or choose a faster model.")
        if isinstance(error, openai.APIConnectionError):
            return bad(
                "language model",
                f"{self._provider.base_url} cannot be reached.",
                "Start the server, or correct OPENAI_BASE_URL, or check the internet connection.",
            )
        if status in (401, 403):
            return bad("language model", f"The key is refused ({status}).", f"Correct {setting}.")
        if status == 404:
            return bad(
                "language model", f"There is no model {name} (404).", "Correct MODEL_NAME or OPENAI_BASE_URL."
            )
        if status in (402, 429):
            return bad(
                "language model",
                f"The account may not use it right now ({status}).",
                "Check the credit left there.",
            )
        return bad(
            "language model", f"It fails ({status or type(error).__name__}).", "Look at the provider's log."
        )

    def _streaming(self) -> Finding:
        if not self._words:
            return bad(
                "streaming", "The answer has no words.", "Choose another model, or look at its server's log."
            )
        if "comes whole" in self._refusals.habits_of(self._name):
            return unknown(
                "streaming", "The answer did not come as a stream: the chat shows it when it is whole."
            )
        return fine("streaming", "Answers come word by word.")

    def _reports_usage(self) -> Finding:
        if self._usage and "stream_options" not in self._refusals.of(self._name):
            return fine("usage", "The provider counts the tokens.")
        return unknown("usage", "The provider does not count tokens; they are estimated.")

    async def _tools(self) -> Finding:
        question = "What does the handbook say about the word owl? Look it up with the tool."
        return await self._called("tool calls", question, "auto", lambda: self._no_tool())

    async def _forced(self) -> Finding:
        def ignored() -> Finding:
            return unknown(
                "forced tool call",
                "The model may answer although a tool was required; OwFlex then searches by itself.",
            )

        return await self._called("forced tool call", "Good morning!", "required", ignored)

    async def _stopping(self) -> Finding:
        """Whether an answer that is left in the middle keeps the next one from coming."""
        try:
            await self._ask("Count from one to two hundred, in words.", stop_early=True)
            await self._ask("Answer with the one word: yes")
        except openai.OpenAIError as error:
            what = getattr(error, "status_code", None) or type(error).__name__
            return bad(
                "stop",
                f"After an answer was stopped, the next one did not come ({what}).",
                "Use a server that ends an answer when its reader leaves, or that answers several at once.",
            )
        return fine("stop", "An answer can be stopped, and the next one comes.")

    def _left_out(self) -> list[Finding]:
        """What the server refuses besides tools, which have findings of their own, and unmarked thoughts."""
        others = sorted(self._refusals.of(self._name) - {FORCED, TOOLS})
        found = [unknown(name, "The provider refuses it; OwFlex leaves it out.") for name in others]
        if "thinks unmarked" in self._refusals.habits_of(self._name):
            found.append(
                bad("thoughts", "Answers begin with thoughts that nothing marks as such.", MARK_THOUGHTS)
            )
        return found

    def _no_tool(self) -> Finding:
        return bad("tool calls", f"{self._name} does not call tools.", ANOTHER)

    async def _called(
        self, name: str, question: str, choice: str, otherwise: Callable[[], Finding]
    ) -> Finding:
        try:
            chunks = await self._ask(question, tools=[TOOL], tool_choice=choice)
        except openai.OpenAIError as error:
            what = getattr(error, "status_code", None) or type(error).__name__
            return bad(name, f"The provider refuses it ({what}).", ANOTHER)
        refused = self._refusals.of(self._name)
        if TOOLS in refused:
            return bad(
                name, "The provider refuses tools; OwFlex searches by itself, but cannot keep tasks.", ALLOW
            )
        if choice == "required" and FORCED in refused:
            return unknown(
                name, "The provider refuses it; OwFlex lets the model choose, or searches by itself."
            )
        if any(one.delta.tool_calls for chunk in chunks for one in chunk.choices):
            return fine(name, "It works.")
        return otherwise()

    async def _context(self, history_tokens: int) -> Finding:
        try:
            about = await _quietly(self._client.models.retrieve(self._name))
        except openai.OpenAIError as error:
            return unknown("context size", f"The provider does not say ({type(error).__name__}).")
        size = _size(about)
        if size is None:
            return unknown("context size", "The provider does not say.")
        if size < history_tokens + OVERHEAD_TOKENS:
            return bad(
                "context size",
                f"{size} tokens are fewer than HISTORY_TOKENS ({history_tokens}) and the documents need.",
                f"Set HISTORY_TOKENS to {max(500, size - OVERHEAD_TOKENS)} or less, or give it more context.",
            )
        return fine("context size", f"{size} tokens.")

    async def _ask(
        self, question: str, *, stop_early: bool = False, **more: Any
    ) -> list[ChatCompletionChunk]:
        """All pieces of the answer, or only the first. Raises `openai.OpenAIError`."""
        try:
            async with asyncio.timeout(self._seconds):
                stream = await self._client.chat.completions.create(
                    model=self._name,
                    messages=[{"role": "user", "content": question}],
                    stream=True,
                    stream_options={"include_usage": True},
                    **more,
                )
                async with stream as chunks:
                    if stop_early:
                        return [await anext(aiter(chunks))]
                    return [chunk async for chunk in chunks]
        except AnswerCutError as error:
            raise openai.OpenAIError(str(error)) from error
        except TimeoutError:
            raise TooSlowError("The answer took too long.") from None
        except ValueError as error:
            raise openai.OpenAIError("The answer is not what the protocol requires.") from error


async def _quietly(asked: Awaitable[object]) -> object:
    try:
        return await asked
    except ValueError as error:
        raise openai.OpenAIError("The answer is not JSON.") from error


def _size(about: object) -> int | None:
    """The tokens of context in what a provider says of a model, under one of the names in use."""
    extra = cast(dict[str, Any], getattr(about, "model_extra", None) or {})
    places: list[Any] = [extra, extra.get("meta"), extra.get("top_provider")]
    for place in places:
        values = cast(dict[str, Any], place) if isinstance(place, dict) else {}
        for field in CONTEXT_FIELDS:
            if isinstance(values.get(field), int):
                return int(values[field])
    return None
