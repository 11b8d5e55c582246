import assert from "node:assert/strict";
import { test } from "node:test";
import { ThreadList } from "../../src/chat/thread-list.ts";
import { Api, RequestFailed } from "../../src/protocol/api.ts";
import type { Thread } from "../../src/protocol/types.ts";

const thread = (id: string): Thread => ({ id, title: id, created_at: "2026-01-01T00:00:00" });
const titles = ({ threads }: ThreadList) => threads.map(({ title }) => title);
const list = () => new ThreadList(new Api("https://svc.example/chatkit"), () => undefined);

// The page's own address; Node has none.
Object.assign(globalThis, { location: new URL("https://svc.example/") });

test("a chat is added in front, and changed where it stands", () => {
  const chats = list();
  for (const id of ["a", "b"]) chats.put(thread(id));
  chats.put({ ...thread("a"), title: "renamed" });
  assert.deepEqual(titles(chats), ["b", "renamed"]);
});

test("a chat that the service does not remove comes back to its place", async (context) => {
  const seen: ReturnType<typeof titles>[] = [];
  const chats = list();
  for (const id of ["a", "b", "c"]) chats.put(thread(id));
  context.mock.method(globalThis, "fetch", async () => {
    seen.push(titles(chats));
    return Response.json({ error: { message: "Not now." } }, { status: 409 });
  });
  await assert.rejects(chats.remove(thread("b")), new RequestFailed("Not now.", 409));
  assert.deepEqual(seen, [["c", "a"]]);
  assert.deepEqual(titles(chats), ["c", "b", "a"]);
});
