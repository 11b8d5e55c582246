import assert from "node:assert/strict";
import { test } from "node:test";
import type { OfficialConfig } from "../../src/official/options.ts";
import { fetchAs, isFatal, optionsOf, threadIn } from "../../src/official/options.ts";

const config: OfficialConfig = {
  title: "Handbook",
  greeting: "Hello",
  prompts: [],
  model: { name: "m", extractive: false },
  chatkit: { domain_key: "key" },
};
const around = { url: "https://svc/chatkit", fetch, thread: null, dark: true, locale: "" };

test("what the service lacks is not offered", () => {
  const { composer, locale } = optionsOf(config, around);
  assert.deepEqual(composer, { dictation: { enabled: false } });
  assert.equal(locale, undefined);
});

test("models, files and dictation are offered as the service has them", () => {
  const attachments = {
    max_bytes: 5,
    max_count: 2,
    accept: ["text/plain"],
    endings: [".txt"],
    kinds: ["TXT"],
  };
  const { composer } = optionsOf({ ...config, models: ["a", "b"], attachments, dictation: true }, around);
  assert.deepEqual(composer?.models, [
    { id: "a", label: "a", default: true },
    { id: "b", label: "b", default: false },
  ]);
  assert.deepEqual(composer?.attachments, {
    enabled: true,
    maxSize: 5,
    maxCount: 2,
    accept: { "text/plain": [] },
  });
  assert.deepEqual(composer?.dictation, { enabled: true });
});

test("an address names a thread, another view, or nothing", () => {
  assert.deepEqual(["", "#", "#thr_1", "#/knowledge"].map(threadIn), [null, null, "thr_1", null]);
});

test("only errors of the integration end the component", () => {
  assert.equal(isFatal(Object.assign(new Error("x"), { name: "IntegrationError" })), true);
  assert.equal(isFatal(new Error("InvalidFrameParamsError: at api")), true);
  assert.equal(isFatal(new Error("HTTP 500")), false);
  assert.equal(isFatal(undefined), false);
});

test("only our service gets the token, and a body can be sent twice", async (context) => {
  const sent: [string, string | null, unknown][] = [];
  context.mock.method(globalThis, "fetch", async (input: string, init?: RequestInit) => {
    sent.push([String(input), new Headers(init?.headers).get("authorization"), init?.body]);
    return new Response("{}", { status: sent.length === 1 ? 401 : 200 });
  });
  let count = 0;
  const asUser = fetchAs(
    "https://svc/",
    async () => ({ authorization: `Bearer ${count}` }),
    () => {
      count += 1;
    },
  );
  assert.equal((await asUser("https://svc/chatkit", { method: "POST", body: "{}" })).status, 200);
  await asUser("https://cdn.example/x");
  assert.deepEqual(sent, [
    ["https://svc/chatkit", "Bearer 0", "{}"],
    ["https://svc/chatkit", "Bearer 1", "{}"],
    ["https://cdn.example/x", null, undefined],
  ]);
});
