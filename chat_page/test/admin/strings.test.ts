import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { words } from "../../src/admin/strings.ts";

test("every language with words for the view has all of them, with the same placeholders", () => {
  const placeholders = (text: unknown) =>
    [...JSON.stringify(text).matchAll(/\{\w+\}/g)].map(String).sort().join();
  for (const name of readdirSync("locales")) {
    const section = (
      JSON.parse(readFileSync(`locales/${name}`, "utf8")) as { administration?: Record<string, unknown> }
    ).administration;
    if (!section) continue;
    assert.deepEqual(Object.keys(section).sort(), Object.keys(words).sort(), name);
    for (const [key, text] of Object.entries(words))
      assert.equal(placeholders(section[key]), placeholders(text), key);
  }
});
