import assert from "node:assert/strict";
import { test } from "node:test";
import { mimeOf, refusal, sizeText } from "../../src/attachments/file-rules.ts";

const limits = { max_bytes: 2_000_000, max_count: 2, accept: ["application/pdf", "text/plain"] };

test("a file is refused for its number, its size, its kind, and for being empty", () => {
  const file = { name: "a.pdf", type: "application/pdf", size: 10 };
  assert.equal(refusal(file, 1, limits), "");
  assert.equal(refusal({ name: "notes.md", type: "", size: 1 }, 0, limits), "");
  assert.match(refusal(file, 2, limits), /at most 2 files/);
  assert.match(refusal({ ...file, size: 2_100_000 }, 0, limits), /is 2.1 MB/);
  assert.match(refusal({ ...file, size: 0 }, 0, limits), /is empty/);
  assert.match(refusal({ ...file, type: "video/mp4" }, 0, limits), /Accepted types: PDF, text/);
  assert.equal(mimeOf({ name: "A.MD", type: "" }), "text/markdown");
  assert.equal(sizeText(999), "999 B");
});
