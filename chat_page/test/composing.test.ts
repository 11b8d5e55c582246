import assert from "node:assert/strict";
import { test } from "node:test";
import { mimeOf, refusal, sizeText } from "../src/attachments/attached-file.ts";
import { fitting, grouped } from "../src/history/groups.ts";
import { mentionAt } from "../src/composer/mentions.ts";
import { inputOf, namesOf, wordsOf } from "../src/protocol/user-message.ts";
import type { Tag } from "../src/protocol/user-message.ts";
import type { Thread, ThreadItem } from "../src/protocol/types.ts";

const thread = (title: string, created_at: string): Thread => ({ id: title, title, created_at });
const tag: Tag = { id: "collection:hr", kind: "collection", label: "hr", hint: "", data: { name: "hr" } };
const limits = { max_bytes: 2_000_000, max_count: 2, accept: ["application/pdf", "text/plain"] };

test("a mention begins at an @ that begins a word and ends at the caret", () => {
  assert.deepEqual(mentionAt("see @hand", 9), { start: 4, query: "hand" });
  assert.deepEqual(mentionAt("@staff handbook", 15), { start: 0, query: "staff handbook" });
  assert.deepEqual(mentionAt("see @hand", 6), { start: 4, query: "h" });
  for (const text of ["ann@example.org", "@ later", "@a\nb", "none"]) assert.equal(mentionAt(text, text.length), null);
});

test("a message with tags says where to look first, and reads back what it said", () => {
  const input = inputOf({ text: "How many?", tags: [tag], attachments: ["atc_1"], quoted: "25 days", model: "large" });
  assert.deepEqual(input, {
    content: [
      { type: "input_tag", id: "collection:hr", text: "hr", data: { kind: "collection", name: "hr" }, group: "collection", interactive: false },
      { type: "input_text", text: " How many?" },
    ],
    attachments: ["atc_1"],
    inference_options: { model: "large" },
    quoted_text: "25 days",
  });
  const item = input as unknown as ThreadItem;
  assert.equal(wordsOf(item), "How many?");
  assert.deepEqual(namesOf(item), [{ kind: "collection", text: "hr" }]);
});

test("plain words are one part without anything else", () => {
  assert.deepEqual(inputOf("hello"), { content: [{ type: "input_text", text: "hello" }], attachments: [], inference_options: {} });
});

test("a file is refused for its number, its size, its kind, and for being empty", () => {
  const file = { name: "a.pdf", type: "application/pdf", size: 10 };
  assert.equal(refusal(file, 1, limits), "");
  assert.equal(refusal({ name: "notes.md", type: "", size: 1 }, 0, limits), "");
  assert.match(refusal(file, 2, limits), /2 files at most/);
  assert.match(refusal({ ...file, size: 2_100_000 }, 0, limits), /has 2.1 MB/);
  assert.match(refusal({ ...file, size: 0 }, 0, limits), /is empty/);
  assert.match(refusal({ ...file, type: "video/mp4" }, 0, limits), /There can be: PDF, text/);
  assert.equal(mimeOf({ name: "A.MD", type: "" }), "text/markdown");
  assert.equal(sizeText(999), "999 B");
});

test("chats are grouped by calendar days, months by their name, other years with the year", () => {
  const now = new Date("2026-03-10T00:30:00");
  const chats = ["2026-03-10T00:10:00", "2026-03-09T23:50:00", "2026-03-04T12:00:00", "2026-03-03T12:00:00", "2025-12-31T12:00:00"];
  const groups = grouped(chats.map((date) => thread(date, date)), now, "en");
  assert.deepEqual(groups.map(({ name }) => name), ["Today", "Yesterday", "Last 7 days", "March", "December 2025"]);
});

test("a search needs all its words somewhere in the title", () => {
  const chats = [thread("Leave of managers", ""), thread("Travel", "")];
  assert.deepEqual(fitting(chats, "MANAGERS leave").map(({ title }) => title), ["Leave of managers"]);
  assert.equal(fitting(chats, " ").length, 2);
});
