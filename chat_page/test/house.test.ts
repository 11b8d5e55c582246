// What holds for all sources of the page: rooms, sizes, and words.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { test } from "node:test";
import ts from "typescript";

const SOURCES = resolve("src");
const MAX_LINES = 300;
const MAX_WIDTH = 110;
// From the lowest to the highest. Rooms of one line know nothing of each other.
const LAYERS = [
  ["protocol"],
  ["i18n"],
  ["ui"],
  ["markdown"],
  ["attachments"],
  ["cards", "composer", "history"],
  ["chat", "knowledge", "admin"],
  ["element", "official", "account", "apps"],
  ["."],
];
const CATALOGUES = [
  "admin/strings.ts",
  "apps/strings.ts",
  "i18n/strings.ts",
  "knowledge/strings.ts",
  "official/strings.ts",
];
const PICTURES = "ui/icons.ts";
const SEEN_ATTRIBUTE =
  /\b(?:aria-(?:label|description|roledescription|valuetext)|title|placeholder|alt)="([^"]*)"/g;
// Shown in the field of an address, in every language.
const ADDRESS_SCHEME = "https://";
const HOLE = "\0";

const files = readdirSync(SOURCES, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(".ts"));
const textOf = (name: string): string => readFileSync(join(SOURCES, name), "utf8");
const treeOf = (name: string): ts.SourceFile =>
  ts.createSourceFile(name, textOf(name), ts.ScriptTarget.ES2022, true);
const layerOf = (room: string): number => LAYERS.findIndex((rooms) => rooms.includes(room));
const roomOf = (name: string): string => (name.includes(sep) ? (name.split(sep)[0] ?? "") : ".");

function importsOf(name: string): string[] {
  const { importedFiles } = ts.preProcessFile(textOf(name));
  const own = importedFiles.filter(({ fileName }) => fileName.startsWith("."));
  return own.map(({ fileName }) => relative(SOURCES, resolve(SOURCES, dirname(name), fileName)));
}

function each(name: string, look: (node: ts.Node) => string[]): string[] {
  const visit = (node: ts.Node): string[] => {
    const inside: string[] = [];
    ts.forEachChild(node, (child) => void inside.push(...visit(child)));
    return [...look(node), ...inside];
  };
  return visit(treeOf(name)).map((found) => `${name}: ${found}`);
}

// The text and the attributes of a template that people see or hear, as far as they stand in it.
function wordsIn(node: ts.Node): string[] {
  if (!ts.isTaggedTemplateExpression(node) || !["html", "svg"].includes(node.tag.getText())) return [];
  const { template } = node;
  const markup = ts.isNoSubstitutionTemplateLiteral(template)
    ? template.text
    : [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)].join(HOLE);
  const attributes = [...markup.matchAll(SEEN_ATTRIBUTE)].map((found) => found[1] ?? "");
  const texts = markup.replace(/<[^>]*>/g, HOLE).split(HOLE);
  const seen = [...attributes.flatMap((value) => value.split(HOLE)), ...texts];
  return seen.filter((text) => /\p{L}/u.test(text) && text !== ADDRESS_SCHEME);
}

// A text with a capital and a blank, or with the end of a sentence: written for people.
function sentenceIn(node: ts.Node): string[] {
  if (!ts.isStringLiteralLike(node)) return [];
  return /^\p{Lu}[\p{L}’']* .*\p{L}|\p{L} \p{L}.*[.!?…]$/u.test(node.text) ? [node.text] : [];
}

test("every room has its place among the layers", () => {
  assert.deepEqual([...new Set(files.map(roomOf))].sort(), LAYERS.flat().sort());
});

test("a room imports only rooms below it", () => {
  const wrong = files.flatMap((name) =>
    importsOf(name)
      .filter((other) => roomOf(other) !== roomOf(name) && layerOf(roomOf(other)) >= layerOf(roomOf(name)))
      .map((other) => `${name} imports ${other}`),
  );
  assert.deepEqual(wrong, []);
});

test("no file is longer, and no line wider, than one can look over", () => {
  const wide = files.filter((name) => ![PICTURES, ...CATALOGUES].includes(name.replaceAll(sep, "/")));
  const lines = (name: string): string[] => textOf(name).trimEnd().split("\n");
  assert.deepEqual(
    files.filter((name) => lines(name).length > MAX_LINES),
    [],
  );
  assert.deepEqual(
    wide.filter((name) => lines(name).some((line) => line.length > MAX_WIDTH)),
    [],
  );
});

test("words that people read stand in the catalogues, not in the markup", () => {
  assert.deepEqual(
    files.flatMap((name) => each(name, wordsIn)),
    [],
  );
});

test("sentences stand in the catalogues, not in the code", () => {
  const others = files.filter((name) => !CATALOGUES.includes(name.replaceAll(sep, "/")));
  assert.deepEqual(
    others.flatMap((name) => each(name, sentenceIn)),
    [],
  );
});
