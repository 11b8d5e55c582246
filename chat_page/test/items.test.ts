import assert from "node:assert/strict";
import { test } from "node:test";
import { snippet } from "../src/chat/citations.ts";
import { asMarkdown, fileName } from "../src/chat/export.ts";
import { submissionOf } from "../src/cards/question-form.ts";
import { isWeb } from "../src/ui/pictures.ts";
import { emptyState, reduce } from "../src/chat/thread-state.ts";
import { looks } from "../src/cards/layout.ts";
import { withFields } from "../src/cards/fields.ts";
import type { StreamEvent, ThreadItem } from "../src/protocol/types.ts";

const item = (type: string, more: object): ThreadItem => ({ id: type, thread_id: "t", created_at: "2026-01-01T00:00:00", type, ...more });
const thread = { id: "t", title: "Leave / holidays?", created_at: "2026-01-01T00:00:00" };

test("suggestions are kept, other effects leave the state alone", () => {
  const effect = (name: string, data: Record<string, unknown>): StreamEvent => ({ type: "client_effect", name, data });
  assert.deepEqual(reduce(emptyState, effect("suggestions", { questions: ["a", 1, "b"] })).suggestions, ["a", "b"]);
  assert.equal(reduce(emptyState, effect("other", {})), emptyState);
  assert.deepEqual(reduce(emptyState, effect("suggestions", { questions: "x" })).suggestions, []);
});

test("a component of a card changes in its place", () => {
  const widget = { type: "Card", children: [{ type: "Col", children: [{ type: "Text", id: "x", value: "Hel" }] }] };
  const added = reduce(emptyState, { type: "thread.item.added", item: item("widget", { widget }) });
  const delta: StreamEvent = {
    type: "thread.item.updated", item_id: "widget", update: { type: "widget.streaming_text.value_delta", component_id: "x", delta: "lo" },
  };
  assert.match(JSON.stringify(reduce(added, delta).items[0]?.widget), /"value":"Hello"/);
});

test("a form needs an answer to one question, and takes one only where one is asked for", () => {
  const questions = [{ id: "a", type: "multiple_choice", question: "?" }, { id: "b", type: "multiple_choice", question: "?", multiple: true }];
  const fields = (values: Record<string, string[]>) => ({ getAll: (name: string) => values[name] ?? [] });
  assert.equal(submissionOf(questions, fields({ a: [" "] })), null);
  assert.deepEqual(submissionOf(questions, fields({ a: ["x"], "a other": ["own"], b: ["1", "2"], "b other": ["3"] }))?.answers, {
    a: { values: ["own"], skipped: false }, b: { values: ["1", "2", "3"], skipped: false },
  });
});

test("an exported conversation has its sources under each answer", () => {
  const source = { type: "entity", id: "7", title: "Handbook", label: "hr/leave.md" };
  const items = [
    item("user_message", { content: [{ type: "input_text", text: "How many?" }] }),
    item("assistant_message", { content: [{ type: "output_text", text: "25 🎉.", annotations: [{ type: "annotation", index: 5, source }] }] }),
  ];
  assert.equal(asMarkdown(thread, items), "# Leave / holidays?\n\n## You\n\nHow many?\n\n## Assistant\n\n25 🎉. [1]\n\nSources:\n\n1. Handbook · hr/leave.md\n");
  assert.equal(fileName(thread, "md"), "Leave holidays.md");
});

test("a card's measures are plain lengths or nothing", () => {
  assert.deepEqual(looks({ type: "Row", gap: 2, align: "center", width: "12rem", height: "url(x)" }), { gap: "0.5rem", alignItems: "center", width: "12rem" });
  assert.deepEqual(looks({ type: "Row", width: "1px;background:url(//e)", color: "red;x" }), {});
});

test("fields join the payload of an action", () => {
  assert.deepEqual(withFields({ type: "x", payload: { a: 1 } }, { b: 2 }).payload, { a: 1, b: 2 });
});

test("a preview is short and without the signs of Markdown", () => {
  const source = { type: "entity" as const, title: "t", data: { passage: "# Leave\n**25** days, see [this](https://e.example). ".repeat(9) } };
  assert.equal(snippet(source, 30), "Leave 25 days, see this. …");
});

test("only web addresses are web addresses", () => {
  assert.deepEqual(["https://e.example", "javascript:1", "//e.example", "hr/leave.md", null].map(isWeb), [true, false, false, false, false]);
});
