import assert from "node:assert/strict";
import { test } from "node:test";
import { asMarkdown, fileName } from "../../src/chat/export.ts";
import type { ThreadItem } from "../../src/protocol/types.ts";

const item = (type: string, more: object): ThreadItem => ({
  id: type,
  thread_id: "t",
  created_at: "2026-01-01T00:00:00",
  type,
  ...more,
});
const thread = { id: "t", title: "Leave / holidays?", created_at: "2026-01-01T00:00:00" };

test("an exported conversation has its sources under each answer", () => {
  const source = { type: "entity", id: "7", title: "Handbook", label: "hr/leave.md" };
  const items = [
    item("user_message", { content: [{ type: "input_text", text: "How many?" }] }),
    item("assistant_message", {
      content: [
        { type: "output_text", text: "25 🎉.", annotations: [{ type: "annotation", index: 5, source }] },
      ],
    }),
  ];
  assert.equal(
    asMarkdown(thread, items),
    [
      "# Leave / holidays?",
      "## You",
      "How many?",
      "## Assistant",
      "25 🎉. [1]",
      "Sources:",
      "1. Handbook · hr/leave.md\n",
    ].join("\n\n"),
  );
  assert.equal(fileName(thread, "md"), "Leave holidays.md");
});
