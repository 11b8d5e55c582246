import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, kind, size } from "../../src/knowledge/formats.ts";

test("sizes, moments and types are said in short", () => {
  assert.deepEqual([size(999), size(40_000), size(3_000_000)], ["999 B", "40 kB", "3.0 MB"]);
  assert.equal(ago("2026-01-01T00:00:00Z", "en", Date.parse("2026-01-03T01:00:00Z")), "2 days ago");
  assert.equal(ago("nonsense", "en"), "–");
  assert.deepEqual([kind("application/pdf"), kind("text/x-rare")], ["PDF", "x-rare"]);
});
