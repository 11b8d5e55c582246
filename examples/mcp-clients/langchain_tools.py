"""LangChain: `pip install langchain-mcp-adapters`, then `python langchain_tools.py "your question"`.

Reads OWFLEX_URL (http://127.0.0.1:8001/mcp) and OWFLEX_TOKEN. Hand `tools` to any LangChain agent.
"""

import asyncio
import os
import sys

from langchain_mcp_adapters.client import MultiServerMCPClient


async def main(question: str) -> None:
    """Search the documents with the tool that LangChain got from the server."""
    client = MultiServerMCPClient(
        {
            "owflex": {
                "transport": "streamable_http",
                "url": os.environ.get("OWFLEX_URL", "http://127.0.0.1:8001/mcp"),
                "headers": {"Authorization": f"Bearer {os.environ['OWFLEX_TOKEN']}"},
            }
        }
    )
    tools = {tool.name: tool for tool in await client.get_tools()}
    print("tools:", ", ".join(tools))
    content = await tools["search_documents"].ainvoke({"query": question, "limit": 1})
    print("found:", str(content)[:200])


if __name__ == "__main__":
    asyncio.run(main(" ".join(sys.argv[1:]) or "How are passages found?"))
