"""`python -m owflex.reference`: writes the reference pages of the handbook from the code itself."""

import asyncio
from pathlib import Path
from typing import Any

from fastmcp import FastMCP
from fastmcp.server.context import reset_transport, set_transport

from agent_service.settings.settings import AgentServiceSettings
from database.pool import create_pool
from database.settings import ProgramSettings
from ingest.settings import IngestSettings
from knowledge_base.embedding import DEFAULT_MODEL, create_embedder
from knowledge_base.following_embedder import FollowingEmbedder
from knowledge_base.settings import KnowledgeBaseSettings
from mcp_server.auth.callers import STDIO_CALLER
from mcp_server.health import Health
from mcp_server.manual import FORMS, manual_page
from mcp_server.server import create_server
from mcp_server.settings import McpServerSettings, ToolSet
from owflex.configuration.keeping_settings import KeepingSettings

PROGRAMS: list[tuple[str, type[ProgramSettings]]] = [
    ("Knowledge base (MCP server and ingestion)", KnowledgeBaseSettings),
    ("MCP server", McpServerSettings),
    ("Chat", AgentServiceSettings),
    ("Ingestion", IngestSettings),
    ("Keeping data", KeepingSettings),
]


def settings_page() -> str:
    """`docs/settings.md`: every setting of every program."""
    parts = [
        "# Settings",
        "Settings are environment variables, else lines of a file `.env` in the folder where a program "
        "starts, else what `owflex config set NAME` wrote to `settings.env` in the data folder. A name that "
        "is no setting but looks like one is told at the start. An empty value means that it is not set, "
        "white space around a value does not count, and lists are separated by commas. A secret may also "
        "stand in a file, whose path is in `NAME_FILE`: see [deployment](deployment.md).",
    ]
    shown: set[str] = set()
    for title, settings in PROGRAMS:
        fields = {name: field for name, field in settings.model_fields.items() if name not in shown}
        shown |= set(fields)
        rows = [
            f"| `{name.upper()}` | {_default(field)} | {field.description} |"
            for name, field in fields.items()
        ]
        parts += [f"## {title}", "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


COST = """\
The list is made for models, which read it with every question: the default set takes at most 6,000 tokens,
counted as characters divided by four, which is more than tokenizers make of it. Schemas of results name what
is in them; a null means that there is none."""


async def tools_page() -> str:
    """`docs/tools.md`: every tool as a client sees it."""
    # Over stdio every tool is listed; else only those for whose scope there is a token.
    before = set_transport("stdio")
    tools = await _server().list_tools()
    reset_transport(before)
    parts = [
        "# Tools",
        "What the MCP server offers. Every answer is structured content, and the same as JSON text. Clients "
        "are offered one of [four sets](clients.md#which-tools-a-client-is-offered) of these tools.",
        COST,
        FORMS,
    ]
    parts += [manual_page(tool, "##") for tool in tools]
    return "\n\n".join(parts) + "\n"


def _server(chosen: ToolSet = "all") -> FastMCP:
    """A server that is never started: its pool is not opened, its model not loaded."""
    settings = McpServerSettings(mcp_tool_set=chosen)  # pyright: ignore[reportCallIssue]
    embedder = FollowingEmbedder(create_embedder(DEFAULT_MODEL), create_embedder)
    pool = create_pool("postgresql:///none")
    return create_server(
        settings,
        pool=pool,
        embedder=embedder,
        health=Health(pool, embedder),
        version="0",
        stdio_caller=STDIO_CALLER,
    )


def _default(field: Any) -> str:
    value = field.get_default()
    is_told = "Default: " in (field.description or "")
    if value is None or value == [] or is_told or field.default_factory is not None:
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def main() -> None:
    """Write the pages into `docs/` of the checkout."""
    docs = Path(__file__).parent.parent / "docs"
    (docs / "settings.md").write_text(settings_page(), encoding="utf-8")
    (docs / "tools.md").write_text(asyncio.run(tools_page()), encoding="utf-8")


if __name__ == "__main__":
    main()
