import assert from "node:assert/strict";
import { test } from "node:test";
import de from "../../src/apps/locales/de.json";
import es from "../../src/apps/locales/es.json";
import fr from "../../src/apps/locales/fr.json";
import { strings } from "../../src/apps/strings.ts";

const holes = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

for (const [code, file] of Object.entries({ de, es, fr }))
  test(`every word of the apps is there in ${code}, with the same holes`, () => {
    assert.deepEqual(Object.keys(file).sort(), Object.keys(strings).sort());
    for (const [name, text] of Object.entries(file))
      assert.deepEqual(holes(text), holes(strings[name as keyof typeof strings]), name);
  });
