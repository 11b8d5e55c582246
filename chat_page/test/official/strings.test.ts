import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { officialStrings } from "../../src/official/strings.ts";

for (const name of readdirSync("locales")) {
  test(`${name} has every word around the component`, () => {
    const file = JSON.parse(readFileSync(`locales/${name}`, "utf8")) as { official: object };
    assert.deepEqual(Object.keys(file.official), Object.keys(officialStrings));
  });
}
