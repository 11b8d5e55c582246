import assert from "node:assert/strict";
import { test } from "node:test";
import type { ThreadItem } from "../../src/protocol/types.ts";
import type { Tag } from "../../src/protocol/user-message.ts";
import { inputOf, namesOf, wordsOf } from "../../src/protocol/user-message.ts";

const tag: Tag = { id: "collection:hr", kind: "collection", label: "hr", hint: "", data: { name: "hr" } };

test("a message with tags says where to look first, and reads back what it said", () => {
  const input = inputOf({
    text: "How many?",
    tags: [tag],
    attachments: ["atc_1"],
    quoted: "25 days",
    model: "large",
  });
  assert.deepEqual(input, {
    content: [
      {
        type: "input_tag",
        id: "collection:hr",
        text: "hr",
        data: { kind: "collection", name: "hr" },
        group: "collection",
        interactive: false,
      },
      { type: "input_text", text: " How many?" },
    ],
    attachments: ["atc_1"],
    inference_options: { model: "large" },
    quoted_text: "25 days",
  });
  const item = input as unknown as ThreadItem;
  assert.equal(wordsOf(item), "How many?");
  assert.deepEqual(namesOf(item), [{ kind: "collection", text: "hr" }]);
});

test("plain words are one part without anything else", () => {
  assert.deepEqual(inputOf("hello"), {
    content: [{ type: "input_text", text: "hello" }],
    attachments: [],
    inference_options: {},
  });
});
