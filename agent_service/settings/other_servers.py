"""Other MCP servers of the chat, as the operator writes them in MCP_SERVERS."""

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

MAX_SERVERS = 10
MAX_FILE_BYTES = 65_536
EXAMPLE = (
    '{"tracker": {"url": "https://tracker.example/mcp", '
    '"headers": {"Authorization": "Bearer ${TRACKER_TOKEN}"}}}'
)
# Without "_": between the name of a server and that of its tool stand two of them.
NAME = re.compile(r"[a-z][a-z0-9-]{0,23}")
# A secret by reference: the variable, or the file that NAME_FILE names, is read when the chat starts.
REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
HOLDS_SECRET = re.compile(r"auth|token|key|secret|passw|cookie|credential", re.IGNORECASE)

Approval = Literal["always", "writes", "never"]


class OtherServer(BaseModel):
    """One server: reached at `url` with `headers`, or started as `command` with `args` and `env`.

    `tools` are patterns of the tools that the chat gets. `approval` says which calls wait for the user:
    all, those that the server does not call read-only, or none; for single tools as an object with patterns.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["http", "streamable-http", "stdio"] | None = None
    url: str | None = None
    headers: dict[str, str] = {}
    command: str | None = Field(None, min_length=1)
    args: list[str] = []
    env: dict[str, str] = {}
    tools: list[str] = Field(["*"], min_length=1)
    approval: Approval | dict[str, Approval] = "always"
    visitors: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.url is None) == (self.command is None):
            raise ValueError("give either url or command")
        if self.url is None and self.headers:
            raise ValueError("headers belong to a url")
        if self.command is None and (self.args or self.env):
            raise ValueError("args and env belong to a command")
        return self

    @model_validator(mode="after")
    def _an_address(self) -> Self:
        if self.url is None:
            return self
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url begins with http:// or https://")
        if parts.username or parts.password:
            raise ValueError("url holds no password; send it as a header with ${NAME}")
        return self

    @model_validator(mode="after")
    def _secrets_stand_elsewhere(self) -> Self:
        for name, value in {**self.headers, **self.env}.items():
            if HOLDS_SECRET.search(name) and value and not REFERENCE.search(value):
                raise ValueError(f"{name} is a secret: write ${{NAME}} here, and set the variable NAME")
        return self

    @property
    def place(self) -> str:
        """Where it is, as people may read it: without path, query and arguments."""
        return urlsplit(self.url).netloc if self.url else Path(cast(str, self.command)).name


SERVERS = TypeAdapter(dict[str, OtherServer])


def read_servers(value: object) -> object:
    """The servers of MCP_SERVERS by name: JSON itself, or the path of a file with it.

    Raises `ValueError` with the cure, and without any value.
    """
    if not isinstance(value, str):
        return value
    text = value if value.startswith("{") else _content(Path(value))
    try:
        written = json.loads(text, object_pairs_hook=_each_once)
    except json.JSONDecodeError as error:
        raise ValueError(f"MCP_SERVERS is not JSON: {error.msg} (line {error.lineno}).") from None
    try:
        found = SERVERS.validate_python(_unwrapped(written))
    except ValidationError as error:
        mistake = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step) for step in mistake["loc"] if step not in ("dict[str,literal]", "literal"))
        said = mistake["msg"].removeprefix("Value error, ")
        raise ValueError(f"MCP_SERVERS: {place}: {said}. It looks like this: {EXAMPLE}") from None
    for name in found:
        if not NAME.fullmatch(name) or name == "owflex":
            raise ValueError(
                f"MCP_SERVERS: {name!r} is no name for a server. Names have up to 24 small letters, digits "
                "and hyphens, begin with a letter, and are not owflex."
            )
    if len(found) > MAX_SERVERS:
        raise ValueError(f"MCP_SERVERS has {len(found)} servers; at most {MAX_SERVERS} are allowed.")
    return found


def _unwrapped(written: object) -> object:
    """The servers of a file as clients write it, which has them under `mcpServers`."""
    if not isinstance(written, dict):
        return written
    servers = cast(dict[str, object], written)
    return servers["mcpServers"] if set(servers) == {"mcpServers"} else servers


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("MCP_SERVERS has a name twice. Leave one of the two out.")
    return found


def _content(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_FILE_BYTES + 1)
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError):
        raise ValueError(
            "MCP_SERVERS is neither JSON nor the path of a text file in UTF-8 that can be read. "
            f"It looks like this: {EXAMPLE}"
        ) from None
    if len(content) > MAX_FILE_BYTES:
        raise ValueError(f"The file of MCP_SERVERS is larger than {MAX_FILE_BYTES} bytes. Shorten it.")
    return text


OtherServers = Annotated[dict[str, OtherServer], BeforeValidator(read_servers)]
