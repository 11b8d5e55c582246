"""What `owflex doctor` finds about the other MCP servers of the chat."""

from collections.abc import AsyncIterator

from agent_service.foreign.secrets import OtherServerError
from agent_service.foreign.watching import Others
from agent_service.settings.settings import AgentServiceSettings
from owflex.doctor.findings import Finding, bad, fine, warning


async def other_server_findings(settings: AgentServiceSettings) -> AsyncIterator[Finding]:
    """Whether each server of MCP_SERVERS answers; nothing where there is none."""
    try:
        others = Others(settings)
    except OtherServerError as error:
        yield bad("other MCP servers", str(error), "See docs/chat.md.")
        return
    problems = await others.look()
    for name, server in settings.mcp_servers.items():
        if (problem := problems.get(name)) is None:
            yield fine(f"MCP server {name}", f"{server.place} answers.")
            continue
        sentence, _, cure = problem.partition("; ")
        yield warning(f"MCP server {name}", f"{_capital(sentence)}.", f"{_capital(cure)}.")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
