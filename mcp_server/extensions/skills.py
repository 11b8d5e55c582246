"""Skills over MCP (SEP-2640): instructions that a client loads when a question asks for them.

Each folder of `mcp_server/skills` is one. They are static, belong to the package, and hold nothing of users.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from fastmcp import FastMCP
from fastmcp.resources import Resource
from fastmcp.server.auth import require_scopes
from fastmcp.server.providers.skills import SkillsDirectoryProvider
from fastmcp.skills._snapshot import parse_frontmatter
from fastmcp.skills.extension import SkillsExtension
from fastmcp.utilities.components import FastMCPComponent
from fastmcp.utilities.versions import VersionSpec

from mcp_server.auth.scopes import READ_SCOPE, TASKS_SCOPE

FOLDER = Path(__file__).parent.parent / "skills"
# Whoever cannot use the tools of a skill is not told of it.
SCOPES = {"research-knowledge-base": READ_SCOPE, "keep-tasks": TASKS_SCOPE}


def add_skills(server: FastMCP) -> None:
    """Offer the skills as resources, and by `skills/list` and `skills/get` in the protocol of 2026-07-28."""
    provider = Skills(FOLDER, supporting_files="resources", experimental_skills=True)
    server.add_provider(provider)
    server.add_extension(SkillsExtension(providers=[provider]))


class Skills(SkillsDirectoryProvider):
    """The skills whose tools are open to the caller, under the names and descriptions that they give."""

    async def get_tasks(self) -> Sequence[FastMCPComponent]:
        """None: without this all is listed at the start, when nobody is calling."""
        return []

    async def _list_resources(self) -> Sequence[Resource]:
        listed = await super()._list_resources()
        return [_described(resource) for resource in listed if str(resource.uri).endswith("/SKILL.md")]

    async def _get_resource(self, uri: str, version: VersionSpec | None = None) -> Resource | None:
        resource = await super()._get_resource(uri, version)
        return None if resource is None else _described(resource)


def _described(resource: Resource) -> Resource:
    skill = str(resource.uri).removeprefix("skill://").split("/", 1)[0]
    return resource.model_copy(
        update={
            "name": skill,
            "description": _description(skill),
            "mime_type": "text/markdown",
            "auth": require_scopes(SCOPES[skill]),
        }
    )


@cache
def _description(skill: str) -> str:
    return parse_frontmatter((FOLDER / skill / "SKILL.md").read_bytes()).description
