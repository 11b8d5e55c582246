import assert from "node:assert/strict";
import { test } from "node:test";
import { pieces, unfenced } from "../../src/markdown/matched-words.ts";

test("words are marked that begin with a stem, whatever their case and accents", () => {
  const marked = (text: string, stems: string[]) =>
    pieces(text, stems)
      .filter((piece) => piece.hit)
      .map((piece) => piece.text);
  assert.deepEqual(marked("Holidays, Policy and policies", ["holiday", "polici"]), [
    "Holidays",
    "Policy",
    "policies",
  ]);
  assert.deepEqual(marked("Die Büros im Büro", ["buro"]), ["Büros", "Büro"]);
  assert.deepEqual(marked("Carpentry in a car", ["car"]), ["car"]);
  assert.equal(
    pieces("<b>kept</b> as it is", ["kept"])
      .map((piece) => piece.text)
      .join(""),
    "<b>kept</b> as it is",
  );
});

test("the fence of a text is taken away, and marks of citations with it", () => {
  assert.equal(unfenced("<m>\ntext {\uE0001\uE001\n</m>", "m"), "text {1");
  assert.equal(unfenced("no fence", "m"), "no fence");
});
