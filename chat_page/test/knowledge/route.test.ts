import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, routeOf } from "../../src/knowledge/route.ts";

test("an address says what is shown, and is read as it was written", () => {
  const address = addressOf("search", { q: "a & b?", collection: "", limit: null });
  assert.equal(address, "#/knowledge/search?q=a+%26+b%3F");
  assert.deepEqual(routeOf(address), { view: "search", id: "", values: { q: "a & b?" } });
  assert.deepEqual(routeOf(addressOf("document", { at: 7 }, "12")), {
    view: "document",
    id: "12",
    values: { at: "7" },
  });
});

test("an unknown or broken address shows the documents", () => {
  for (const hash of ["", "#/knowledge", "#/knowledge/nothing", "#/knowledge/documents/%zz"])
    assert.equal(routeOf(hash).view, "documents");
});
