import assert from "node:assert/strict";
import { test } from "node:test";
import { mentionAt } from "../../src/composer/mentions.ts";

test("a mention begins at an @ that begins a word and ends at the caret", () => {
  assert.deepEqual(mentionAt("see @hand", 9), { start: 4, query: "hand" });
  assert.deepEqual(mentionAt("@staff handbook", 15), { start: 0, query: "staff handbook" });
  assert.deepEqual(mentionAt("see @hand", 6), { start: 4, query: "h" });
  for (const text of ["ann@example.org", "@ later", "@a\nb", "none"])
    assert.equal(mentionAt(text, text.length), null);
});
