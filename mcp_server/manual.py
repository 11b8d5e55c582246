"""Manual pages of the tools, made of what the server says of them and of nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastmcp import Context, FastMCP
from fastmcp.resources import ResourceContent, ResourceResult
from fastmcp.server.auth import AuthContext
from fastmcp.tools import Tool

from mcp_server.auth.scopes import READ_SCOPE, TASKS_SCOPE, WRITE_SCOPE
from mcp_server.calls.arguments import clean
from mcp_server.resources import ResourceUnknownError

MANUAL, PAGE = "kb://manual", "kb://manual/{tool}"
MARKDOWN = "text/markdown"

FORMS = """\
Arguments are taken in the forms in which clients and models send them:

- null or an empty text for an optional argument means that it is left out. The notes of a task are emptied
  by a call of `update_task` that gives an empty text for them and nothing else.
- Lists and objects may come as JSON text, lists also as text with commas, and one entry without a list.
- Numbers and booleans may come as text, whole numbers as 5.0, choices in capitals, a day with a time.
- Arguments that a tool does not have are left out, and `note` in the answer names them;
  `MCP_UNKNOWN_ARGUMENTS=refuse` makes them an error.

What is still wrong is refused with a sentence that names the argument and what it takes. Lengths are in
characters."""


def add_manual(server: FastMCP) -> None:
    """Offer the manual as resources: an index, and a page for each tool that is open to the caller."""
    for uri, page, title in ((MANUAL, index, "The manual"), (PAGE, page_of, "The manual of a tool")):
        offer = server.resource(
            uri, title=title, description=page.__doc__, mime_type=MARKDOWN, tags={"manual"}, auth=_uses_a_tool
        )
        offer(page)


async def index(ctx: Context) -> ResourceResult:
    """The tools that are open to you with their manual pages, and the forms that arguments may have."""
    rows = [f"- [{tool.name}](kb://manual/{tool.name}): {_title(tool)}" for tool in await _open_tools(ctx)]
    return _markdown("\n\n".join(["# Manual", "\n".join(rows), FORMS]))


async def page_of(tool: str, ctx: Context) -> ResourceResult:
    """What one tool does, and what its arguments and its answer are."""
    wanted = clean(tool)
    for found in await _open_tools(ctx):
        if found.name == wanted:
            return _markdown(f"{manual_page(found, '#')}\n")
    raise ResourceUnknownError


def manual_page(tool: Tool, heading: str) -> str:
    """The page of a tool as Markdown, under a heading of this level (`#`, `##`)."""
    annotations = tool.annotations
    kind = "Reads only." if annotations and annotations.read_only_hint else "Writes."
    parts = [f"{heading} {tool.name}", str(tool.description), f"*{kind}*", _arguments(tool.parameters)]
    return "\n\n".join(part for part in parts if part)


def _uses_a_tool(context: AuthContext) -> bool:
    scopes = () if context.token is None else context.token.scopes
    return bool({READ_SCOPE, WRITE_SCOPE, TASKS_SCOPE} & set(scopes))


async def _open_tools(ctx: Context) -> Sequence[Tool]:
    """Those that the caller could call, by name."""
    return sorted(await ctx.fastmcp.list_tools(run_middleware=False), key=lambda tool: tool.name)


def _title(tool: Tool) -> str:
    return (tool.annotations and tool.annotations.title) or str(tool.description).split("\n", 1)[0]


def _markdown(text: str) -> ResourceResult:
    return ResourceResult([ResourceContent(text, MARKDOWN)])


def _arguments(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", [])
    rows = [
        f"| `{name}` | {_type(argument)} | {'required' if name in required else _default(argument)} "
        f"| {argument.get('description', '')} |"
        for name, argument in schema.get("properties", {}).items()
    ]
    return "\n".join(["| argument | type | default | meaning |", "|---|---|---|---|", *rows]) if rows else ""


def _type(argument: Mapping[str, Any]) -> str:
    kinds: Iterable[Mapping[str, Any]] = argument.get("anyOf", [argument])
    return " or ".join(_one_type(kind) for kind in kinds if kind.get("type") != "null")


def _one_type(kind: Mapping[str, Any]) -> str:
    if "enum" in kind:
        return ", ".join(f"`{value}`" for value in kind["enum"])
    limits = [
        f"{word} {kind[limit]}"
        for limit, word in (("minimum", "from"), ("maximum", "to"), ("maxLength", "up to"))
        if limit in kind and kind[limit] < 2**53
    ]
    return " ".join([str(kind.get("format", kind.get("type", "any"))), *limits])


def _default(argument: Mapping[str, Any]) -> str:
    value = argument.get("default")
    return "" if value in (None, "") else f"`{str(value).lower() if isinstance(value, bool) else value}`"
