// TypeScript SDK: `npm install @modelcontextprotocol/client`, then (Node 22.18 or newer runs TypeScript itself)
// `node typescript_client.mts "your question"`. Reads OWFLEX_URL (http://127.0.0.1:8001/mcp) and OWFLEX_TOKEN.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const url = new URL(process.env.OWFLEX_URL ?? "http://127.0.0.1:8001/mcp");
const question = process.argv.slice(2).join(" ") || "How are passages found?";

const client = new Client({ name: "example", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
const headers = { Authorization: `Bearer ${process.env.OWFLEX_TOKEN}` };
await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));

const { tools } = await client.listTools();
console.log("tools:", tools.map((tool) => tool.name).join(", "));

const answer = await client.callTool({ name: "search_documents", arguments: { query: question, limit: 1 } });
const found = answer.structuredContent as { results: { title: string; source: string }[] };
console.log(
  "found:",
  found.results.map((result) => `${result.title} (${result.source})`),
);

await client.close();
