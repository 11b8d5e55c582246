import assert from "node:assert/strict";
import { test } from "node:test";
import { mimeOf, refusal, sizeText } from "../../src/attachments/file-rules.ts";

const limits = {
  max_bytes: 2_000_000,
  max_count: 2,
  accept: ["application/pdf", "text/plain", "application/vnd.ms-outlook"],
  endings: [".pdf", ".txt", ".msg", ".py"],
  kinds: ["PDF", "TXT", "MSG"],
};

test("a file is refused for its number, its size, its kind, and for being empty", () => {
  const file = { name: "a.pdf", type: "application/pdf", size: 10 };
  assert.equal(refusal(file, 1, limits), "");
  assert.equal(refusal({ name: "notes.md", type: "", size: 1 }, 0, limits), "");
  assert.match(refusal(file, 2, limits), /at most 2 files/);
  assert.match(refusal({ ...file, size: 2_100_000 }, 0, limits), /is 2.1 MB/);
  assert.match(refusal({ ...file, size: 0 }, 0, limits), /is empty/);
  assert.match(
    refusal({ ...file, name: "a.mp4", type: "video/mp4" }, 0, limits),
    /Accepted types: PDF, TXT, MSG/,
  );
  assert.equal(mimeOf({ name: "A.MD", type: "" }), "text/markdown");
  assert.equal(sizeText(999), "999 B");
});

test("a file is accepted by its ending where the browser does not know its type, or calls it something else", () => {
  assert.equal(refusal({ name: "letter.MSG", type: "", size: 1 }, 0, limits), "");
  assert.equal(refusal({ name: "run.py", type: "application/x-script", size: 1 }, 0, limits), "");
  assert.equal(refusal({ name: "letter.msg", type: "application/octet-stream", size: 1 }, 0, limits), "");
});
