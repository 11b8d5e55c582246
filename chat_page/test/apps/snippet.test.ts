import assert from "node:assert/strict";
import { test } from "node:test";
import { snippet, stemsOf } from "../../src/apps/snippet.ts";

const shown = (text: string, stems: string[]): string =>
  snippet(text, stems)
    .map(({ text, hit }) => (hit ? `[${text}]` : text))
    .join("");

test("a short passage is shown whole, in one line and without signs of Markdown", () => {
  assert.equal(
    shown("# Leave\n\n* **28** days of [leave](https://a.example)", ["leav"]),
    "[Leave] 28 days of [leave]",
  );
});

test("of a long passage that part is shown in which the words stand", () => {
  const text = `${"before ".repeat(200)}the vacation days ${"after ".repeat(200)}`;
  const part = shown(text, ["vacat"]);
  assert.match(part, /^… before .*\[vacation\] days after .* …$/);
  assert.ok(part.length < 360);
});

test("a text without blanks is cut all the same", () => {
  assert.ok(shown("x".repeat(5000), []).length <= 330);
});

test("without told stems the longer words of the question are marked", () => {
  assert.deepEqual(stemsOf("How many vacation days? Über"), ["many", "vacati", "days", "über"]);
});
