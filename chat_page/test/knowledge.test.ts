// The parts of the knowledge view that need no browser.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { ago, judged, kind, pieces, rows, size, unfenced } from "../src/knowledge/formats.ts";
import { addressOf, routeOf } from "../src/knowledge/route.ts";
import { words } from "../src/knowledge/strings.ts";
import type { Hit } from "../src/knowledge/types.ts";
import { next, oldest, refusal } from "../src/knowledge/upload-queue.ts";
import type { Job, Stage } from "../src/knowledge/upload-queue.ts";

const hit = (similarity: number, keyword: number): Hit => ({
  chunk_id: 1, document_id: 1, position: 0, heading_path: [], page: null, title: "", source: "", content: "", similarity, score: 0,
  why: { similarity, keyword_score: keyword, matched_terms: [], rank_vector: 1, rank_keyword: null },
});
const job = (stage: Stage, bytes: number) => ({ stage, bytes }) as Job;

test("an address says what is shown, and is read as it was written", () => {
  const address = addressOf("search", { q: "a & b?", collection: "", limit: null });
  assert.equal(address, "#/knowledge/search?q=a+%26+b%3F");
  assert.deepEqual(routeOf(address), { view: "search", id: "", values: { q: "a & b?" } });
  assert.deepEqual(routeOf(addressOf("document", { at: 7 }, "12")), { view: "document", id: "12", values: { at: "7" } });
});

test("an unknown or broken address shows the documents", () => {
  for (const hash of ["", "#/knowledge", "#/knowledge/nothing", "#/knowledge/documents/%zz"]) assert.equal(routeOf(hash).view, "documents");
});

test("words are marked that begin with a stem, whatever their case and accents", () => {
  const marked = (text: string, stems: string[]) => pieces(text, stems).filter((piece) => piece.hit).map((piece) => piece.text);
  assert.deepEqual(marked("Holidays, Policy and policies", ["holiday", "polici"]), ["Holidays", "Policy", "policies"]);
  assert.deepEqual(marked("Die Büros im Büro", ["buro"]), ["Büros", "Büro"]);
  assert.deepEqual(marked("Carpentry in a car", ["car"]), ["car"]);
  assert.equal(pieces("<b>kept</b> as it is", ["kept"]).map((piece) => piece.text).join(""), "<b>kept</b> as it is");
});

test("a passage passes by its similarity, or by as many words as pass always", () => {
  const found = judged([hit(0.7, 0.9), hit(0.1, 0.8), hit(0.1, 0.2)], [hit(0.1, 0.8)], 0.5);
  assert.deepEqual(found.map(({ passes, byWords }) => [passes, byWords]), [[true, false], [true, true], [false, false]]);
  assert.equal(judged([hit(0.1, 0.9)], [], 0.5)[0]?.passes, false);
});

test("dots that would lie on each other are stacked", () => {
  assert.deepEqual(rows([0.5, 0.505, 0.51, 0.9], 0.02), [0, 1, 2, 0]);
});

test("the fence of a text is taken away, and marks of citations with it", () => {
  assert.equal(unfenced("<m>\ntext {\uE0001\uE001\n</m>", "m"), "text {1");
  assert.equal(unfenced("no fence", "m"), "no fence");
});

test("sizes, moments and types are said in short", () => {
  assert.deepEqual([size(999), size(40_000), size(3_000_000)], ["999 B", "40 kB", "3.0 MB"]);
  assert.equal(ago("2026-01-01T00:00:00Z", "en", Date.parse("2026-01-03T01:00:00Z")), "2 days ago");
  assert.equal(ago("nonsense", "en"), "–");
  assert.deepEqual([kind("application/pdf"), kind("text/x-rare")], ["PDF", "x-rare"]);
});

test("two files go at once, but never two large ones", () => {
  const large = 2_000_000;
  assert.equal(next([job("queued", 5)])?.bytes, 5);
  assert.equal(next([job("sending", 1), job("sending", 1), job("queued", 5)]), undefined);
  assert.equal(next([job("sending", large), job("queued", large)]), undefined);
  assert.equal(next([job("sending", large), job("queued", large), job("queued", 5)])?.bytes, 5);
});

test("only the oldest of those in hand are asked about", () => {
  const jobs = [job("queued", 1), job("waiting", 2), job("waiting", 3), job("working", 4), job("done", 5)];
  assert.deepEqual(oldest(jobs).map(({ bytes }) => bytes), [3, 4]);
  assert.deepEqual(oldest([job("done", 1)]), []);
});

test("what is empty or too large is refused before it is sent", () => {
  assert.equal(refusal(10, 100), "");
  assert.match(refusal(0, 100), /empty/);
  assert.match(refusal(200_000, 100_000), /200 kB.*100 kB/);
});

test("every language with words for the view has all of them, with the same placeholders", () => {
  const placeholders = (text: unknown) => [...JSON.stringify(text).matchAll(/\{\w+\}/g)].map(String).sort().join();
  for (const name of readdirSync("locales")) {
    const section = (JSON.parse(readFileSync(`locales/${name}`, "utf8")) as { knowledgeView?: Record<string, unknown> }).knowledgeView;
    if (!section) continue;
    assert.deepEqual(Object.keys(section).sort(), Object.keys(words).sort(), name);
    for (const [key, text] of Object.entries(words)) assert.equal(placeholders(section[key]), placeholders(text), key);
  }
});
