import assert from "node:assert/strict";
import { test } from "node:test";
import type { Waiting } from "../../src/chat/outbox.ts";
import { keyOf, Outbox, waitingItem } from "../../src/chat/outbox.ts";
import type { Api } from "../../src/protocol/api.ts";
import { RequestFailed } from "../../src/protocol/api.ts";
import { forgetAll } from "../../src/ui/kept.ts";

class Kept {
  [name: string]: unknown;
  getItem = (name: string): string | null => (this[name] as string) ?? null;
  setItem = (name: string, text: string): void => void (this[name] = text);
  removeItem = (name: string): void => void delete this[name];
}

// The browser as it is before anything was said, with the service at hand or not.
function opened({ user = "ann", error = null as Error | null } = {}) {
  const sent: string[] = [];
  const place = { error };
  const api = {
    url: "https://chat.example/chatkit",
    user,
    knowsKeys: true,
    get: async () => ({ ok: !place.error }),
  } as unknown as Api;
  const outbox: Outbox = new Outbox(
    api,
    () => undefined,
    async ({ key, message }: Waiting) => {
      if (place.error) return outbox.failed(key, place.error);
      sent.push(message.text);
      outbox.take(key);
    },
  );
  return { outbox, sent, place };
}

function fresh(): void {
  Object.assign(globalThis, { localStorage: new Kept(), sessionStorage: new Kept() });
}

const words = (outbox: Outbox): string[] => outbox.entries.map(({ message }) => message.text);

test("what could not be sent waits, outlives the page and goes out once, in order", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  fresh();
  const first = opened({ error: new TypeError("no connection") });
  for (const text of ["one", "two"]) {
    first.outbox.add(null, { text });
    await first.outbox.flush();
  }
  assert.equal(first.outbox.entries[0]?.waits, true);
  const second = opened();
  await second.outbox.flush();
  assert.deepEqual(second.sent, ["one", "two"]);
  first.place.error = null;
  await first.outbox.flush();
  assert.deepEqual([first.sent, words(first.outbox)], [[], []]);
});

test("nobody else sees it, and signing out removes it", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  fresh();
  const mine = opened({ error: new TypeError("no connection") });
  mine.outbox.add("thr_1", { text: "mine" });
  await mine.outbox.flush();
  const other = opened({ user: "bob" });
  await other.outbox.flush();
  assert.deepEqual([other.sent, words(other.outbox)], [[], []]);
  forgetAll();
  const later = opened();
  await later.outbox.flush();
  assert.deepEqual(later.sent, []);
});

test("it can be changed under a new key, taken back, and is held meanwhile", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  fresh();
  const { outbox, sent, place } = opened({ error: new TypeError("no connection") });
  for (const text of ["one", "two"]) outbox.add("thr_1", { text });
  await outbox.flush();
  const [one, two] = outbox.entries as [Waiting, Waiting];
  outbox.take(two.key);
  outbox.hold(waitingItem(one));
  place.error = null;
  await outbox.flush();
  assert.deepEqual(sent, []);
  assert.equal(outbox.change(waitingItem(one), "uno"), true);
  assert.notEqual(outbox.entries[0]?.key, one.key);
  await outbox.flush();
  assert.deepEqual([sent, words(outbox)], [["uno"], []]);
  assert.equal(keyOf({ id: "msg_1" } as never), "");
});

test("what the service refused stays with its reason until the user tries again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  fresh();
  const { outbox, sent, place } = opened({ error: new RequestFailed("Too many.", 429, true) });
  outbox.add("thr_1", { text: "one" });
  await outbox.flush();
  await outbox.flush();
  const [entry] = outbox.entries as [Waiting];
  assert.deepEqual([entry.problem, entry.waits], ["Too many.", false]);
  place.error = null;
  await outbox.again(entry.key);
  assert.deepEqual(sent, ["one"]);
});

test("the messages of a new chat follow it when it has its id", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  fresh();
  const { outbox } = opened({ error: new RequestFailed("", 503) });
  outbox.add(null, { text: "one" });
  outbox.add(null, { text: "two" });
  await outbox.flush();
  outbox.begun("thr_1");
  assert.deepEqual([outbox.of(null).length, outbox.of("thr_1").length], [0, 2]);
});
