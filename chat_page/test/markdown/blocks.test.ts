import assert from "node:assert/strict";
import { test } from "node:test";
import type { Split } from "../../src/markdown/blocks.ts";
import { closed, grow, split } from "../../src/markdown/blocks.ts";
import { toHtml } from "../../src/markdown/render.ts";

const TEXT = [
  "# Title",
  "A **bold** word, `code` and a [link](https://e.example/a).",
  "- one\n- two\n\n  more of two\n- three",
  "```python\nprint(1)\n\nprint(2)\n```",
  "| a | b |\n|---|---|\n| 1 | 2 |",
  "> quoted\n> on",
  "The end.",
].join("\n\n");
function play(text: string, size: number): { last: Split; read: number; changed: number } {
  let now: Split | undefined;
  let read = 0;
  let changed = 0;
  for (let to = size; to < text.length + size; to += size) {
    const next = grow(now, text.slice(0, to));
    read += next.read;
    changed += next.html.filter(
      (block, place) => place < (now?.html.length ?? 0) - 1 && block !== now?.html[place],
    ).length;
    now = next;
  }
  return { last: now as Split, read, changed };
}

test("all blocks together are what the whole text becomes", () => {
  assert.equal(split(TEXT).html.join(""), toHtml(TEXT));
  assert.equal(split("").html.length, 0);
});

test("a text that grew is the same as one that came at once", () => {
  for (const size of [1, 3, 7, 50]) assert.equal(play(`${TEXT}\n`, size).last.html.join(""), toHtml(TEXT));
});

test("a complete block is never made anew", () => {
  assert.equal(play(TEXT, 1).changed, 0);
});

test("1400 deltas read each paragraph, not the whole text, again and again", () => {
  const text = "A sentence with **bold words** and `code`, as long as such are.\n\n".repeat(180);
  const { read } = play(text, Math.ceil(text.length / 1400));
  assert.ok(read < 300 * 1400, `read ${read} characters`);
});

test("half-open signs are closed for the eye", () => {
  const cases: [string, string][] = [
    ["so **bold wo", "so **bold wo**"],
    ["so **", "so "],
    ["a `code", "a `code`"],
    ["a `", "a "],
    ["a *soft", "a *soft*"],
    ["see [the page](https://e.exa", "see the page"],
    ["text\n-", "text"],
    ["text\n##", "text"],
    ["```js\nx = 1\n``", "```js\nx = 1"],
    ["2 * 3 is 6", "2 * 3 is 6"],
    ["~~gone", "~~gone~~"],
  ];
  for (const [open, shown] of cases) assert.equal(closed(open).trimEnd(), shown.trimEnd(), open);
});

test("a table is shown once it is known to be one", () => {
  assert.equal(closed("| a | b |").trim(), "");
  assert.equal(closed("| a | b |\n|--").trim(), "");
  assert.match(toHtml(closed("| a | b |\n|---|---|\n| 1")), /<table>/);
});

test("a link that is defined below still becomes one", () => {
  assert.match(
    play("See [it][1].\n\nMore.\n\n[1]: https://e.example/\n\nEnd.", 4).last.html.join(""),
    /<a href="https:\/\/e\.example\/"/,
  );
});

test("hostile text of 50 kB is split in good time", { timeout: 20_000 }, () => {
  for (const piece of ["_a*", "[", "> ", "**", "`", "- ", "|", "![", "<a", "*a_ "])
    split(piece.repeat(Math.floor(50_000 / piece.length)));
});
