import assert from "node:assert/strict";
import { test } from "node:test";
import { submissionOf } from "../../src/cards/question-form.ts";

test("a form needs an answer to one question, and takes one only where one is asked for", () => {
  const questions = [
    { id: "a", type: "multiple_choice", question: "?" },
    { id: "b", type: "multiple_choice", question: "?", multiple: true },
  ];
  const fields = (values: Record<string, string[]>) => ({ getAll: (name: string) => values[name] ?? [] });
  assert.equal(submissionOf(questions, fields({ a: [" "] })), null);
  assert.deepEqual(
    submissionOf(questions, fields({ a: ["x"], "a other": ["own"], b: ["1", "2"], "b other": ["3"] }))
      ?.answers,
    {
      a: { values: ["own"], skipped: false },
      b: { values: ["1", "2", "3"], skipped: false },
    },
  );
});
