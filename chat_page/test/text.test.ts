import assert from "node:assert/strict";
import { test } from "node:test";
import { sourcesOf, withMarks } from "../src/chat/citations.ts";
import { toHtml } from "../src/markdown/render.ts";
import { parseEvents } from "../src/protocol/api.ts";
import type { AssistantContent } from "../src/protocol/types.ts";

const cited = (text: string, ...marks: [index: number, id: string][]): AssistantContent => ({
  type: "output_text",
  text,
  annotations: marks.map(([index, id]) => ({ type: "annotation", index, source: { type: "entity", id, title: id } })),
});
const shown = (part: AssistantContent) => toHtml(withMarks(part, sourcesOf([part])));
const visible = (html: string) => html.replace(/<button[^>]*data-source="(\d+)"[^>]*>\d+<\/button>/g, "($1)").replace(/<[^>]+>/g, "").trim();

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let from = 0; from < bytes.length; from += size) yield bytes.slice(from, from + size);
}

test("a mark stands where its index says, counted in code points", () => {
  assert.equal(visible(shown(cited("Yes 🎉👍. No.", [7, "a"]))), "Yes 🎉👍.(0) No.");
});

test("the same source has the same number, and marks past the end stand at the end", () => {
  assert.equal(visible(shown(cited("One. Two. Three.", [4, "a"], [9, "b"], [99, "a"]))), "One.(0) Two.(1) Three.(0)");
});

test("marks in code follow it and leave it as it was", () => {
  const html = shown(cited("```\nx = 1\n```", [9, "a"]));
  assert.match(html, /<code>x = 1\n<\/code><\/pre><\/div><button[^>]*data-source="0"/);
  assert.match(shown(cited("`ab`", [2, "a"])), /<code>ab<\/code><button/);
});

test("a text cannot fake a mark", () => {
  assert.doesNotMatch(shown(cited("{\uE0000\uE001")), /<button/);
});

test("HTML stays text, pictures become links, dangerous addresses stay text", () => {
  const html = toHtml('<img src=x onerror=alert(1)> <script>1</script> ![a](https://e.example/?x) [b](javascript:alert(1))');
  assert.doesNotMatch(html, /<img|<script|href="javascript/);
  assert.match(html, /<a href="https:\/\/e\.example\/\?x" target="_blank" rel="noopener noreferrer">a<\/a>/);
});

test("a language name cannot leave its place", () => {
  assert.doesNotMatch(toHtml("```\"><img/src=x>\ncode\n```"), /<img/);
});

test("events are read however the stream is cut", async () => {
  const wire = 'data: {"type":"a","text":"Grüße 🎉"}\r\n\r\n: keep-alive\n\ndata: {"type":"b"}\n\n';
  for (const size of [1, 2, 3, 7, 1000]) {
    const events = [];
    for await (const event of parseEvents(pieces(wire, size))) events.push(event);
    assert.deepEqual(events, [{ type: "a", text: "Grüße 🎉" }, { type: "b" }]);
  }
});
