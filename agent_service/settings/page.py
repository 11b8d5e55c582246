"""What the operator lets the empty chat page say: prompts to click on, and greetings by language."""

import json
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

MAX_PROMPTS = 12
MAX_FILE_BYTES = 65_536
EXAMPLE = '[{"label": "Holidays", "prompt": "How many holidays do I have?"}]'


class Prompt(BaseModel):
    """A prompt to click on: what the button says, and what is asked then."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str = Field(min_length=1, max_length=100)
    prompt: str = Field(min_length=1, max_length=4000)
    icon: str = Field(default="circle-question", max_length=50)


TASKS_PROMPT = Prompt(label="Show my tasks", prompt="Show my tasks", icon="check-circle")
STANDARD_PROMPTS = [
    Prompt(label="What is in the documents?", prompt="What is in the documents?", icon="book-open"),
    TASKS_PROMPT,
    Prompt(label="What can you do?", prompt="What can you do?"),
]


def read_prompts(value: object) -> object:
    """The prompts of CHAT_PROMPTS: JSON itself, or the path of a file with it.

    Raises `ValueError` with the cure.
    """
    if not isinstance(value, str):
        return value
    prompts = _parse("CHAT_PROMPTS", value if value.startswith("[") else _content(Path(value)))
    try:
        found = TypeAdapter(list[Prompt]).validate_python(prompts)
    except ValidationError as error:
        raise ValueError(f"CHAT_PROMPTS: {_first(error)} It looks like this: {EXAMPLE}") from None
    if len(found) > MAX_PROMPTS:
        raise ValueError(f"CHAT_PROMPTS has {len(found)} prompts; at most {MAX_PROMPTS} are allowed.")
    return found


def read_greetings(value: object) -> object:
    """The greetings of CHAT_GREETINGS by language. Raises `ValueError` with the cure."""
    if not isinstance(value, str):
        return value
    found = _parse("CHAT_GREETINGS", value)
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in cast(Any, found).values()):
        raise ValueError(
            'CHAT_GREETINGS must hold greetings by language, as in {"de": "Was möchten Sie wissen?"}.'
        )
    return cast(object, found)


def _parse(name: str, text: str) -> object:
    try:
        return cast(object, json.loads(text))
    except json.JSONDecodeError as error:
        raise ValueError(f"{name} is not JSON: {error}.") from None


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise ValueError(f"CHAT_PROMPTS={path} is larger than {MAX_FILE_BYTES} bytes. Shorten it.")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise ValueError(f"CHAT_PROMPTS={path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ValueError(f"CHAT_PROMPTS={path} is not text in UTF-8.") from None


def _first(error: ValidationError) -> str:
    """Where and what the first mistake is."""
    mistake = error.errors()[0]
    place = ".".join(str(step) for step in mistake["loc"])
    return f"{place}: {mistake['msg']}." if place else f"{mistake['msg']}."


Prompts = Annotated[list[Prompt], BeforeValidator(read_prompts)]
Greetings = Annotated[dict[str, str], BeforeValidator(read_greetings)]
