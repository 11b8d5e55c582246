import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttachedFile } from "../../src/attachments/attached-file.ts";
import { MAX_CHARACTERS, obstacle, roomLeft } from "../../src/composer/draft-checks.ts";

const file = (more: Partial<AttachedFile>): AttachedFile => ({
  name: "a.txt",
  size: 1,
  mime: "text/plain",
  progress: 0,
  problem: "",
  thumb: "",
  cancel: () => undefined,
  ...more,
});
const sent = file({ sent: { id: "atc_1", name: "a.txt", mime_type: "text/plain", type: "file" } });

test("a draft waits for its files, and is refused with one that failed or with too many characters", () => {
  assert.equal(obstacle({ text: "hello", files: [sent] }), "");
  assert.match(obstacle({ text: "", files: [sent, file({})] }), /still being uploaded/);
  assert.match(
    obstacle({ text: "", files: [file({}), file({ problem: "too large" })] }),
    /could not be uploaded/,
  );
  assert.equal(obstacle({ text: "x".repeat(MAX_CHARACTERS), files: [] }), "");
  assert.match(obstacle({ text: "x".repeat(MAX_CHARACTERS + 1), files: [] }), /at most 20000 .* has 20001/);
});

test("the room that is left is said only near the end", () => {
  assert.equal(roomLeft({ text: "hello" }), null);
  assert.equal(roomLeft({ text: "x".repeat(MAX_CHARACTERS - 10) }), 10);
  assert.equal(roomLeft({ text: "x".repeat(MAX_CHARACTERS + 1) }), -1);
});
