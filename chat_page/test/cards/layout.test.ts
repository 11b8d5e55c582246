import assert from "node:assert/strict";
import { test } from "node:test";
import { looks } from "../../src/cards/layout.ts";

test("a card's measures are plain lengths or nothing", () => {
  assert.deepEqual(looks({ type: "Row", gap: 2, align: "center", width: "12rem", height: "url(x)" }), {
    gap: "0.5rem",
    alignItems: "center",
    width: "12rem",
  });
  assert.deepEqual(looks({ type: "Row", width: "1px;background:url(//e)", color: "red;x" }), {});
});
