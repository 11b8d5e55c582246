"""Pydantic AI: `pip install "pydantic-ai-slim[mcp]"`, then `python pydantic_ai_toolset.py "your question"`.

Reads OWFLEX_URL (http://127.0.0.1:8001/mcp) and OWFLEX_TOKEN. The model comes from MODEL (for example
openai:gpt-5, whose key must be set); without it a stand-in calls search_documents once, offline.
"""

import asyncio
import os
import sys

from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.models.test import TestModel


async def main(question: str) -> None:
    """Let an agent answer the question with the tools of the server."""
    toolset = MCPToolset(
        os.environ.get("OWFLEX_URL", "http://127.0.0.1:8001/mcp"),
        headers={"Authorization": f"Bearer {os.environ['OWFLEX_TOKEN']}"},
    )
    model = os.environ.get("MODEL") or TestModel(call_tools=["search_documents"])
    agent = Agent(model, toolsets=[toolset])
    async with agent:
        result = await agent.run(question)
    print("answer:", result.output[:200])


if __name__ == "__main__":
    asyncio.run(main(" ".join(sys.argv[1:]) or "How are passages found?"))
