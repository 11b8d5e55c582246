import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job, Stage } from "../../src/knowledge/upload-queue.ts";
import { next, oldest, refusal } from "../../src/knowledge/upload-queue.ts";

const job = (stage: Stage, bytes: number) => ({ stage, bytes }) as Job;

test("two files go at once, but never two large ones", () => {
  const large = 2_000_000;
  assert.equal(next([job("queued", 5)])?.bytes, 5);
  assert.equal(next([job("sending", 1), job("sending", 1), job("queued", 5)]), undefined);
  assert.equal(next([job("sending", large), job("queued", large)]), undefined);
  assert.equal(next([job("sending", large), job("queued", large), job("queued", 5)])?.bytes, 5);
});

test("only the oldest of those in hand are asked about", () => {
  const jobs = [job("queued", 1), job("waiting", 2), job("waiting", 3), job("working", 4), job("done", 5)];
  assert.deepEqual(
    oldest(jobs).map(({ bytes }) => bytes),
    [3, 4],
  );
  assert.deepEqual(oldest([job("done", 1)]), []);
});

test("what is empty or too large is refused before it is sent", () => {
  assert.equal(refusal(10, 100), "");
  assert.match(refusal(0, 100), /empty/);
  assert.match(refusal(200_000, 100_000), /200 kB.*100 kB/);
});
