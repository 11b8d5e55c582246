"""What a request asks: bounded, in one form for both endpoints, refused where it cannot be honoured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from agent_service.errors import RequestRefusedError
from agent_service.requests.validation import problems_of
from agent_service.storage.usage import estimated_tokens

# As many items as a model may get to see of a conversation.
MAX_MESSAGES = 500
Form = TypeVar("Form", bound=BaseModel)
Role = Literal["user", "assistant"]
TEXT_PARTS = ("text", "input_text", "output_text")


@dataclass(frozen=True)
class Message:
    """Who said what."""

    role: Role
    text: str


@dataclass(frozen=True)
class Asked:
    """A conversation that ends with a question.

    `instructions` are the caller's own, `model` None is the default. `with_usage`: a stream ends with the
    numbers of tokens.
    """

    earlier: Sequence[Message]
    question: str
    instructions: str
    model: str | None
    stream: bool
    with_usage: bool = False

    @property
    def tokens(self) -> int:
        """About how many tokens it is."""
        texts = (self.instructions, *(message.text for message in self.earlier), self.question)
        return sum(map(estimated_tokens, texts))


class _Part(BaseModel):
    type: str
    text: str | None = None


class _Said(BaseModel):
    type: Literal["message"] = "message"
    role: Literal["system", "developer", "user", "assistant"]
    content: str | Annotated[list[_Part], Field(max_length=100)] | None = None


class _Request(BaseModel):
    # What sets how a model chooses its words (temperature, max_tokens …) is for the settings of the service.
    model_config = ConfigDict(extra="ignore")

    model: str = ""
    stream: bool = False
    # What would change the form of an answer or who acts: not given, or as if not given.
    tools: list[Any] | None = Field(None, max_length=0)
    functions: list[Any] | None = Field(None, max_length=0)
    n: Literal[1] | None = None


class _Format(BaseModel):
    type: Literal["text"]


class _StreamOptions(BaseModel):
    include_usage: bool = False


class _ChatCompletion(_Request):
    messages: list[_Said] = Field(min_length=1, max_length=MAX_MESSAGES)
    response_format: _Format | None = None
    stream_options: _StreamOptions | None = None


class _ResponseText(BaseModel):
    format: _Format | None = None


class _Response(_Request):
    input: str | Annotated[list[_Said], Field(min_length=1, max_length=MAX_MESSAGES)]
    instructions: str | None = None
    text: _ResponseText | None = None
    # Nothing is kept that one could go on from.
    previous_response_id: None = None
    conversation: None = None
    background: Literal[False] | None = None


CHAT_COMPLETION = TypeAdapter(_ChatCompletion)
RESPONSE = TypeAdapter(_Response)


def asked_of_chat_completion(body: bytes) -> Asked:
    """What `POST /v1/chat/completions` asks. Raises `RequestRefusedError` naming what is wrong."""
    request = _parsed(CHAT_COMPLETION, body)
    with_usage = request.stream_options is not None and request.stream_options.include_usage
    return _asked(request, request.messages, "", with_usage=with_usage)


def asked_of_response(body: bytes) -> Asked:
    """What `POST /v1/responses` asks. Raises `RequestRefusedError` naming what is wrong."""
    request = _parsed(RESPONSE, body)
    given = request.input
    messages = [_Said(role="user", content=given)] if isinstance(given, str) else given
    return _asked(request, messages, request.instructions or "", with_usage=True)


def _parsed(form: TypeAdapter[Form], body: bytes) -> Form:
    try:
        return form.validate_json(body)
    except ValidationError as error:
        raise RequestRefusedError("api.invalid", reason=problems_of(error)) from None


def _asked(request: _Request, said: Sequence[_Said], instructions: str, *, with_usage: bool) -> Asked:
    texts = [instructions, *(_text(one) for one in said if one.role in ("system", "developer"))]
    messages = [
        Message(one.role, _text(one)) for one in said if one.role == "user" or one.role == "assistant"
    ]
    if not messages or messages[-1].role != "user" or not messages[-1].text.strip():
        raise RequestRefusedError("api.no_question")
    return Asked(
        [message for message in messages[:-1] if message.text.strip()],
        messages[-1].text,
        "\n\n".join(filter(None, map(str.strip, texts))),
        request.model or None,
        request.stream,
        with_usage,
    )


def _text(said: _Said) -> str:
    if said.content is None or isinstance(said.content, str):
        return said.content or ""
    for part in said.content:
        if part.type not in TEXT_PARTS or part.text is None:
            raise RequestRefusedError("api.only_text", type=part.type[:40])
    return "\n".join(part.text or "" for part in said.content)
