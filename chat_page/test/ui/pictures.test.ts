import assert from "node:assert/strict";
import { test } from "node:test";
import { isWeb } from "../../src/ui/pictures.ts";

test("only web addresses are web addresses", () => {
  assert.deepEqual(["https://e.example", "javascript:1", "//e.example", "hr/leave.md", null].map(isWeb), [
    true,
    false,
    false,
    false,
    false,
  ]);
});
