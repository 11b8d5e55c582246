// Where the numbered marks of an answer belong, and what they stand for.
import type { Annotation, AssistantContent, Source } from "../protocol/types.ts";

// Private-use characters stand for a mark while the text is turned into HTML; the brace makes the Markdown
// parser look there.
export const OPEN = "{\uE000";
export const CLOSE = "\uE001";
const OWN = /[\uE000\uE001]/g;

// The sources of an answer, each once; the first has the number 1.
export function sourcesOf(parts: AssistantContent[]): Source[] {
  const found = new Map<string, Source>();
  for (const { source } of parts.flatMap((part) => part.annotations)) {
    if (!found.has(keyOf(source))) found.set(keyOf(source), source);
  }
  return [...found.values()];
}

// The text with its marks in place. An index counts code points, as Python does, not UTF-16 units.
export function withMarks(part: AssistantContent, sources: Source[]): string {
  const points = Array.from(part.text.replace(OWN, " "));
  const marks = part.annotations
    .filter(
      (annotation): annotation is Annotation & { index: number } => typeof annotation.index === "number",
    )
    .toSorted((one, other) => one.index - other.index);
  let text = "";
  let from = 0;
  for (const { index, source } of marks) {
    const to = Math.max(from, Math.min(index, points.length));
    text += points.slice(from, to).join("") + mark(source, sources);
    from = to;
  }
  return text + points.slice(from).join("");
}

// The passage of a source as far as the answer carries it.
export function passageOf(source: Source): string {
  const passage = source.data?.["passage"];
  return typeof passage === "string" ? passage : (source.description ?? "");
}

// The first words of the passage, without the signs of Markdown.
export function snippet(source: Source, most: number): string {
  const words = passageOf(source)
    .slice(0, most * 4)
    .replace(/[*_`#>|]+|\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
  return words.length > most ? `${words.slice(0, most).replace(/\s\S*$/, "")} …` : words;
}

function mark(source: Source, sources: Source[]): string {
  const key = keyOf(source);
  const place = sources.findIndex((other) => keyOf(other) === key);
  return place < 0 ? "" : `${OPEN}${place}${CLOSE}`;
}

function keyOf(source: Source): string {
  return `${source.type} ${source.id ?? source.url ?? source.filename ?? source.title}`;
}
