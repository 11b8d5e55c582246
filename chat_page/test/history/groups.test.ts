import assert from "node:assert/strict";
import { test } from "node:test";
import { fitting, grouped } from "../../src/history/groups.ts";
import type { Thread } from "../../src/protocol/types.ts";

const thread = (title: string, created_at: string): Thread => ({ id: title, title, created_at });

test("chats are grouped by calendar days, months by their name, other years with the year", () => {
  const now = new Date("2026-03-10T00:30:00");
  const chats = [
    "2026-03-10T00:10:00",
    "2026-03-09T23:50:00",
    "2026-03-04T12:00:00",
    "2026-03-03T12:00:00",
    "2025-12-31T12:00:00",
  ];
  const groups = grouped(
    chats.map((date) => thread(date, date)),
    now,
    "en",
  );
  assert.deepEqual(
    groups.map(({ name }) => name),
    ["Today", "Yesterday", "Last 7 days", "March", "December 2025"],
  );
});

test("a search needs all its words somewhere in the title", () => {
  const chats = [thread("Leave of managers", ""), thread("Travel", "")];
  assert.deepEqual(
    fitting(chats, "MANAGERS leave").map(({ title }) => title),
    ["Leave of managers"],
  );
  assert.equal(fitting(chats, " ").length, 2);
});
