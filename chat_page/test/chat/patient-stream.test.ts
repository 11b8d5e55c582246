import assert from "node:assert/strict";
import { test } from "node:test";
import { newKey, patientStream } from "../../src/chat/patient-stream.ts";
import { askedAgain, emptyState } from "../../src/chat/thread-state.ts";
import { RequestFailed } from "../../src/protocol/api.ts";
import type { StreamEvent, ThreadItem } from "../../src/protocol/types.ts";

const item = (id: string, type: ThreadItem["type"]): ThreadItem =>
  ({ id, type, thread_id: "t", created_at: "" }) as ThreadItem;

// What comes of attempts that fail with these errors after an event each, and how often it was tried anew.
async function tried(errors: (Error | null)[], pauses = [0, 0, 0], stopAt = -1): Promise<[string, number]> {
  const abort = new AbortController();
  let attempt = 0;
  let again = 0;
  async function* send(): AsyncGenerator<StreamEvent> {
    const error = errors[attempt];
    attempt += 1;
    if (attempt === stopAt) abort.abort(new Error("stopped"));
    yield { type: "progress_update" };
    if (error) throw error;
  }
  try {
    for await (const _ of patientStream(send, abort.signal, () => (again += 1), pauses));
    return ["done", again];
  } catch (error) {
    return [(error as Error).message, again];
  }
}

const cut = new TypeError("network error");

test("what the connection cut off is sent again, until it is answered or patience ends", async () => {
  assert.deepEqual(await tried([cut, cut, null]), ["done", 2]);
  assert.deepEqual(await tried([cut, cut, cut, cut]), ["network error", 3]);
  assert.deepEqual(await tried([cut, null], []), ["network error", 0]);
});

test("a proxy's error and a service that stops are waited for, an answer of the service is not", async () => {
  for (const status of [502, 503, 504])
    assert.deepEqual(await tried([new RequestFailed("", status), null]), ["done", 1]);
  assert.deepEqual(await tried([new RequestFailed("Stopping.", 503, true), null]), ["done", 1]);
  assert.deepEqual(await tried([new RequestFailed("The database is away.", 503), null]), [
    "The database is away.",
    0,
  ]);
  assert.deepEqual(await tried([new RequestFailed("No.", 400), null]), ["No.", 0]);
});

test("a busy conversation is waited for only by what was sent before", async () => {
  const busy = new RequestFailed("Busy.", 409);
  assert.deepEqual(await tried([busy, null]), ["Busy.", 0]);
  assert.deepEqual(await tried([cut, busy, null]), ["done", 2]);
});

test("what the user stopped is not sent again", async () => {
  assert.deepEqual(await tried([cut, null], [0], 1), ["network error", 0]);
});

test("keys differ and are bounded", () => {
  const keys = new Set(Array.from({ length: 100 }, newKey));
  assert.equal(keys.size, 100);
  assert.match(newKey(), /^[0-9a-f]{32}$/);
});

test("what came of a message is shown anew behind it", () => {
  const before = [item("m1", "user_message"), item("a1", "assistant_message")];
  const sent = [...before, item("m2", "user_message"), item("a2", "assistant_message")];
  const ids = (items: ThreadItem[]) =>
    askedAgain({ ...emptyState, items }, before.length).items.map(({ id }) => id);
  assert.deepEqual(ids(sent), ["m1", "a1", "m2"]);
  assert.deepEqual(ids(before), ["m1", "a1"]);
});
