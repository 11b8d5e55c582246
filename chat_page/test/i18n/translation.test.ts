import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { strings } from "../../src/i18n/strings.ts";
import { direction, pick, translated, use } from "../../src/i18n/translation.ts";

type Words = { [key: string]: unknown };
const english = structuredClone(strings) as unknown as Words;
const FOLDER = "locales";
const SECTIONS = ["administration", "knowledgeView", "official"];
const placeholders = (text: unknown): string =>
  [...JSON.stringify(text).matchAll(/\{\w+\}/g)].map(String).sort().join();
const shape = (value: unknown): unknown =>
  typeof value === "object" && value !== null ? Object.keys(value) : typeof value;

for (const name of readdirSync(FOLDER)) {
  const file = JSON.parse(readFileSync(`${FOLDER}/${name}`, "utf8")) as Words;
  const keys = Object.keys(file).filter((key) => !SECTIONS.includes(key));

  test(`${name} translates every sentence and nothing else`, () => {
    assert.deepEqual(keys.sort(), Object.keys(english).sort());
  });

  test(`${name} has the placeholders and the form of the English sentences`, () => {
    for (const key of keys) {
      assert.deepEqual(shape(file[key]), shape(english[key]), key);
      assert.equal(placeholders(file[key]), placeholders(english[key]), key);
    }
  });
}

test("A region falls back to its language, and an unknown language to English", () => {
  assert.equal(pick(["de-CH"], ["de"]), "de");
  assert.equal(pick(["xx", "de"], ["de"]), "de");
  assert.equal(pick(["en-GB", "de"], ["de"]), "en");
  assert.equal(pick(["xx"], ["de"]), "en");
});

test("What a file lacks stays English, and Arabic is written from right to left", () => {
  use("ar", { send: "إرسال", stop: 3, themes: { dark: "داكن" } });
  assert.equal(strings.send, "إرسال");
  assert.equal(strings.stop, "Stop");
  assert.deepEqual(strings.themes, { system: "Theme: system", light: "Theme: light", dark: "داكن" });
  assert.equal(direction(), "rtl");
  use("en", {});
  assert.equal(strings.send, "Send");
  assert.equal(direction(), "ltr");
});

test("What the service sends as it was shipped is translated, other texts are not", () => {
  use("de", { greeting: "Was möchten Sie wissen?" });
  assert.equal(translated("What would you like to know?"), "Was möchten Sie wissen?");
  assert.equal(translated("Ask about our machines"), "Ask about our machines");
  use("en", {});
});
