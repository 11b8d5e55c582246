import assert from "node:assert/strict";
import { test } from "node:test";
import { withFields } from "../../src/cards/fields.ts";

test("fields join the payload of an action", () => {
  assert.deepEqual(withFields({ type: "x", payload: { a: 1 } }, { b: 2 }).payload, { a: 1, b: 2 });
});
