"""Which tool calls wait for the user's word."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from agents import AgentBase, RunContextWrapper
from mcp_types import Tool

# What the model reads instead of a result.
DENIED = "The user did not approve this call, so nothing was done. Say so in one sentence; do not try again."

Policy = Callable[[RunContextWrapper[Any], AgentBase[Any], Tool], bool]


def asks_for(patterns: Sequence[str]) -> Policy:
    """Whether a tool's call has to wait for the user; a pattern is a name, `*` stands for anything."""

    def asks(context: RunContextWrapper[Any], agent: AgentBase[Any], tool: Tool) -> bool:
        return any(fnmatchcase(tool.name, pattern) for pattern in patterns)

    return asks
