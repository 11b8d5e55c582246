import assert from "node:assert/strict";
import { test } from "node:test";
import { snippet, sourcesOf, withMarks } from "../../src/chat/citations.ts";
import { toHtml } from "../../src/markdown/render.ts";
import type { AssistantContent } from "../../src/protocol/types.ts";

const cited = (text: string, ...marks: [index: number, id: string][]): AssistantContent => ({
  type: "output_text",
  text,
  annotations: marks.map(([index, id]) => ({
    type: "annotation",
    index,
    source: { type: "entity", id, title: id },
  })),
});
const shown = (part: AssistantContent) => toHtml(withMarks(part, sourcesOf([part])));
const visible = (html: string) =>
  html
    .replace(/<button[^>]*data-source="(\d+)"[^>]*>\d+<\/button>/g, "($1)")
    .replace(/<[^>]+>/g, "")
    .trim();

test("a mark stands where its index says, counted in code points", () => {
  assert.equal(visible(shown(cited("Yes 🎉👍. No.", [7, "a"]))), "Yes 🎉👍.(0) No.");
});

test("the same source has the same number, and marks past the end stand at the end", () => {
  assert.equal(
    visible(shown(cited("One. Two. Three.", [4, "a"], [9, "b"], [99, "a"]))),
    "One.(0) Two.(1) Three.(0)",
  );
});

test("marks in code follow it and leave it as it was", () => {
  const html = shown(cited("```\nx = 1\n```", [9, "a"]));
  assert.match(html, /<code>x = 1\n<\/code><\/pre><\/div><button[^>]*data-source="0"/);
  assert.match(shown(cited("`ab`", [2, "a"])), /<code>ab<\/code><button/);
});

test("a text cannot fake a mark", () => {
  assert.doesNotMatch(shown(cited("{\uE0000\uE001")), /<button/);
});

test("a preview is short and without the signs of Markdown", () => {
  const source = {
    type: "entity" as const,
    title: "t",
    data: { passage: "# Leave\n**25** days, see [this](https://e.example). ".repeat(9) },
  };
  assert.equal(snippet(source, 30), "Leave 25 days, see this. …");
});
