import assert from "node:assert/strict";
import { test } from "node:test";
import {
  emptyState,
  endsWithAnswer,
  lastUserMessage,
  noteText,
  reduce,
} from "../../src/chat/thread-state.ts";
import { strings } from "../../src/i18n/strings.ts";
import type { AssistantItem, StreamEvent, ThreadItem } from "../../src/protocol/types.ts";

const item = (id: string, type: string, more: object = {}): ThreadItem => ({
  id,
  thread_id: "thr_1",
  created_at: "2026-01-01T00:00:00",
  type,
  ...more,
});
const play = (events: StreamEvent[]) => events.reduce(reduce, emptyState);
const part = (text: string) => ({ type: "output_text" as const, text, annotations: [] });
const update = (id: string, more: object): StreamEvent => ({
  type: "thread.item.updated",
  item_id: id,
  update: { content_index: 0, ...more } as never,
});
const textOf = (found: ThreadItem | undefined) => (found as AssistantItem).content[0]?.text;

test("deltas become the text of the item they name", () => {
  const state = play([
    { type: "thread.item.added", item: item("a", "assistant_message", { content: [] }) },
    { type: "thread.item.added", item: item("b", "assistant_message", { content: [] }) },
    update("a", { type: "assistant_message.content_part.added", content: part("") }),
    update("a", { type: "assistant_message.content_part.text_delta", delta: "Hel" }),
    update("b", { type: "assistant_message.content_part.text_delta", delta: "other" }),
    update("a", { type: "assistant_message.content_part.text_delta", delta: "lo" }),
  ]);
  assert.equal(textOf(state.items[0]), "Hello");
  assert.equal(textOf(state.items[1]), "other");
});

test("a done item replaces what was streamed, in its place", () => {
  const state = play([
    { type: "thread.item.added", item: item("a", "assistant_message", { content: [part("par")] }) },
    { type: "thread.item.done", item: item("u", "user_message", { content: [] }) },
    { type: "thread.item.done", item: item("a", "assistant_message", { content: [part("whole")] }) },
  ]);
  assert.deepEqual(
    state.items.map(({ id }) => id),
    ["a", "u"],
  );
  assert.equal(textOf(state.items[0]), "whole");
});

test("an annotation is inserted where its index says", () => {
  const annotation = (title: string) => ({ type: "annotation", source: { type: "entity", title }, index: 0 });
  const add = (title: string, annotation_index: number) =>
    update("a", {
      type: "assistant_message.content_part.annotation_added",
      annotation_index,
      annotation: annotation(title),
    });
  const state = play([
    { type: "thread.item.added", item: item("a", "assistant_message", { content: [part("x")] }) },
    add("second", 0),
    add("first", 0),
    add("third", 9),
  ]);
  const titles = (state.items[0] as AssistantItem).content[0]?.annotations.map(({ source }) => source.title);
  assert.deepEqual(titles, ["first", "second", "third"]);
});

test("steps are added and changed by their index", () => {
  const state = play([
    {
      type: "thread.item.added",
      item: item("w", "workflow", {
        workflow: { type: "custom", tasks: [{ type: "custom", title: "look" }] },
      }),
    },
    update("w", { type: "workflow.task.updated", task_index: 0, task: { type: "custom", title: "looked" } }),
    update("w", { type: "workflow.task.added", task_index: 1, task: { type: "custom", title: "read" } }),
  ]);
  assert.deepEqual(
    state.items[0]?.workflow?.tasks.map(({ title }) => title),
    ["looked", "read"],
  );
});

test("a removed item is gone and an error says whether trying again helps", () => {
  const state = play([
    { type: "thread.item.added", item: item("a", "assistant_message", { content: [part("half")] }) },
    { type: "thread.item.removed", item_id: "a" },
    { type: "error", code: "custom", message: "Too many requests.", allow_retry: true },
  ]);
  assert.deepEqual(state.items, []);
  assert.deepEqual(state.failure, { text: "Too many requests.", retry: true });
});

test("an error without words gets some", () => {
  assert.equal(
    reduce(emptyState, { type: "error", code: "stream.error" }).failure?.text,
    strings.somethingFailed,
  );
});

test("what is unknown changes nothing", () => {
  const before = play([{ type: "thread.item.done", item: item("x", "hologram") }]);
  for (const event of [
    { type: "future.event" },
    update("nobody", { type: "x" }),
    update("x", { type: "future.update" }),
  ]) {
    assert.deepEqual(reduce(before, event).items, before.items);
  }
});

test("the last user message is found behind answers and steps", () => {
  const items = [item("1", "user_message"), item("2", "user_message"), item("3", "workflow")];
  assert.equal(lastUserMessage(items)?.id, "2");
});

test("suggestions are kept, other effects leave the state alone", () => {
  const effect = (name: string, data: Record<string, unknown>): StreamEvent => ({
    type: "client_effect",
    name,
    data,
  });
  assert.deepEqual(reduce(emptyState, effect("suggestions", { questions: ["a", 1, "b"] })).suggestions, [
    "a",
    "b",
  ]);
  assert.equal(reduce(emptyState, effect("other", {})), emptyState);
  assert.deepEqual(reduce(emptyState, effect("suggestions", { questions: "x" })).suggestions, []);
});

test("a component of a card changes in its place", () => {
  const widget = {
    type: "Card",
    children: [{ type: "Col", children: [{ type: "Text", id: "x", value: "Hel" }] }],
  };
  const added = reduce(emptyState, { type: "thread.item.added", item: item("widget", "widget", { widget }) });
  const delta: StreamEvent = {
    type: "thread.item.updated",
    item_id: "widget",
    update: { type: "widget.streaming_text.value_delta", component_id: "x", delta: "lo" },
  };
  assert.match(JSON.stringify(reduce(added, delta).items[0]?.widget), /"value":"Hello"/);
});

test("a line of the thread that says why there is no answer needs no second one", () => {
  const note = item("n", "task", { task: { type: "custom", title: "It is busy.", icon: "reload" } });
  const shown: StreamEvent = { type: "thread.item.done", item: note };
  const busy: StreamEvent = { type: "error", message: "It is busy.", allow_retry: true };
  assert.equal(play([shown, busy]).failure, null);
  assert.equal(noteText(play([shown, busy])), "It is busy.");
  assert.deepEqual(play([busy]).failure, { text: "It is busy.", retry: true });
  assert.deepEqual(play([shown, { ...busy, message: "Another." }]).failure, {
    text: "Another.",
    retry: true,
  });
});

test("the last question has an answer only when one stands behind it", () => {
  const answer = item("a", "assistant_message", { content: [] });
  const question = item("u", "user_message", { content: [] });
  assert.equal(endsWithAnswer([question, answer]), true);
  assert.equal(endsWithAnswer([answer, question]), false);
  assert.equal(endsWithAnswer([question]), false);
});
