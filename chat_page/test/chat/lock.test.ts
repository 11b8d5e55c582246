import assert from "node:assert/strict";
import { test } from "node:test";
import { lockReason } from "../../src/chat/lock.ts";
import type { Thread } from "../../src/protocol/types.ts";

const thread = (status?: Thread["status"]): Thread => ({
  id: "thr_1",
  created_at: "2026-01-01T00:00:00",
  ...(status ? { status } : {}),
});

test("a locked or closed chat says why nothing can be sent, in the service's words where it has some", () => {
  assert.equal(lockReason(null), "");
  assert.equal(lockReason(thread()), "");
  assert.equal(lockReason(thread({ type: "active" })), "");
  assert.match(lockReason(thread({ type: "locked" })), /is locked/);
  assert.match(lockReason(thread({ type: "closed", reason: null })), /is closed/);
  assert.equal(
    lockReason(thread({ type: "locked", reason: "A person looks into this." })),
    "A person looks into this.",
  );
});
