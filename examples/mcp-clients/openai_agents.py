"""OpenAI Agents SDK: `pip install openai-agents`, then `python openai_agents.py "your question"`.

Reads OWFLEX_URL (http://127.0.0.1:8001/mcp) and OWFLEX_TOKEN. With OPENAI_API_KEY an agent answers; without
it the program shows what an agent would be given.
"""

import asyncio
import os
import sys

from agents import Agent, Runner
from agents.mcp import MCPServerStreamableHttp, MCPServerStreamableHttpParams


async def main(question: str) -> None:
    """Answer the question from the documents."""
    params = MCPServerStreamableHttpParams(
        url=os.environ.get("OWFLEX_URL", "http://127.0.0.1:8001/mcp"),
        headers={"Authorization": f"Bearer {os.environ['OWFLEX_TOKEN']}"},
    )
    async with MCPServerStreamableHttp(params=params, name="OwFlex", cache_tools_list=True) as server:
        print("tools:", ", ".join(tool.name for tool in await server.list_tools()))
        if not os.environ.get("OPENAI_API_KEY"):
            result = await server.call_tool("search_documents", {"query": question, "limit": 1})
            print("found:", [found["title"] for found in (result.structured_content or {})["results"]])
            return
        agent = Agent(name="Assistant", instructions="Answer from the documents only.", mcp_servers=[server])
        print((await Runner.run(agent, question)).final_output)


if __name__ == "__main__":
    asyncio.run(main(" ".join(sys.argv[1:]) or "How are passages found?"))
