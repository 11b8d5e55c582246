import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, newTraceparent } from "../../src/protocol/api.ts";

test("each request begins a trace of its own, and only where the service collects them", async () => {
  const api = new Api("/chatkit");
  assert.equal("traceparent" in (await api.headers()), false);
  api.tracing = true;
  const sent = [await api.headers(), await api.headers()].map((headers) => headers.traceparent ?? "");
  for (const one of sent) assert.match(one, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  assert.notEqual(sent[0], sent[1]);
  assert.notEqual(newTraceparent(), newTraceparent());
});
