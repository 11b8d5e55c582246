import assert from "node:assert/strict";
import { test } from "node:test";
import { judged, rows } from "../../src/knowledge/threshold.ts";
import type { Hit } from "../../src/knowledge/types.ts";

const hit = (similarity: number, keyword: number): Hit => ({
  chunk_id: 1,
  document_id: 1,
  position: 0,
  heading_path: [],
  page: null,
  title: "",
  source: "",
  content: "",
  similarity,
  score: 0,
  why: { similarity, keyword_score: keyword, matched_terms: [], rank_vector: 1, rank_keyword: null },
});

test("a passage passes by its similarity, or by as many words as pass always", () => {
  const found = judged([hit(0.7, 0.9), hit(0.1, 0.8), hit(0.1, 0.2)], [hit(0.1, 0.8)], 0.5);
  assert.deepEqual(
    found.map(({ passes, byWords }) => [passes, byWords]),
    [
      [true, false],
      [true, true],
      [false, false],
    ],
  );
  assert.equal(judged([hit(0.1, 0.9)], [], 0.5)[0]?.passes, false);
});

test("dots that would lie on each other are stacked", () => {
  assert.deepEqual(rows([0.5, 0.505, 0.51, 0.9], 0.02), [0, 1, 2, 0]);
});
