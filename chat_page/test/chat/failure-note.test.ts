import assert from "node:assert/strict";
import { test } from "node:test";
import { asMarkdown } from "../../src/chat/export.ts";
import { askedBefore, isFailureNote, isLocal, stoppedNote } from "../../src/chat/failure-note.ts";
import { strings } from "../../src/i18n/strings.ts";
import type { ThreadItem } from "../../src/protocol/types.ts";

const item = (id: string, type: string, more: object = {}): ThreadItem => ({
  id,
  thread_id: "t",
  created_at: "2026-01-01T00:00:00",
  type,
  ...more,
});
const note = (id: string, icon: string) =>
  item(id, "task", { task: { type: "custom", title: "It is busy.", icon } });

test("such a line is known by its picture", () => {
  assert.equal(isFailureNote(note("n", "reload")), true);
  assert.equal(isFailureNote(note("n", "play")), true);
  assert.equal(isFailureNote(note("n", "info")), true);
  assert.equal(isFailureNote(note("n", "search")), false);
  assert.equal(isFailureNote(item("w", "workflow")), false);
  assert.equal(isFailureNote(undefined), false);
});

test("the question above a line is asked again, an older one only when it has no files", () => {
  const first = item("u1", "user_message");
  const withFiles = item("u2", "user_message", { attachments: [{ id: "a" }] });
  const [one, two, no] = [note("n1", "reload"), note("n2", "reload"), note("n3", "info")];
  assert.equal(askedBefore([first, one], one), first);
  assert.equal(askedBefore([first, one, withFiles, two], one), first);
  assert.equal(askedBefore([first, one, withFiles, two], two), withFiles);
  assert.equal(askedBefore([withFiles, two, first, one], two), undefined);
  assert.equal(askedBefore([first, no], no), undefined);
  assert.equal(askedBefore([one], one), undefined);
});

test("the line of a stopped answer is one of the page's own", () => {
  const line = stoppedNote("t");
  assert.equal(isFailureNote(line), true);
  assert.equal(isLocal(line), true);
  assert.equal(isLocal(note("tsk_1", "reload")), false);
});

test("the line is in the exported conversation", () => {
  const thread = { id: "t", title: "T", created_at: "2026-01-01T00:00:00" };
  assert.match(asMarkdown(thread, [stoppedNote("t")]), new RegExp(`\\*${strings.stoppedAnswer}\\*`));
});
