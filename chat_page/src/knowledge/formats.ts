// Numbers, moments, types and texts as the knowledge view shows them; no DOM in here.
import { words } from "./strings.ts";

export const decimal = (value: number | null | undefined, digits = 3): string =>
  value === null || value === undefined ? "–" : value.toFixed(digits);

export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

export function ago(moment: string, locale: string, now = Date.now()): string {
  const seconds = (new Date(moment).getTime() - now) / 1000;
  if (Number.isNaN(seconds)) return "–";
  const [unit, length] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ["minute", 60];
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" }).format(
    Math.round(seconds / length),
    unit,
  );
}

const KINDS: [RegExp, keyof typeof words.kinds][] = [
  [/pdf/, "pdf"],
  [/wordprocessing|msword|opendocument\.text|rtf/, "document"],
  [/spreadsheet|excel|csv|tab-separated/, "table"],
  [/presentation|powerpoint/, "slides"],
  [/markdown/, "markdown"],
  [/html/, "page"],
  [/rfc822|outlook|mbox/, "mail"],
  [/epub/, "book"],
  [/json|yaml|xml|toml/, "data"],
  [/^image\//, "image"],
  [/zip|tar|gzip|7z/, "archive"],
  [/^text\/plain/, "text"],
];

export function kind(mediaType: string): string {
  const known = KINDS.find(([pattern]) => pattern.test(mediaType))?.[1];
  return known ? words.kinds[known] : mediaType.split("/").pop() || mediaType;
}

// Document text comes between tags that tell a model where it ends.
export function unfenced(content: string, marker: string): string {
  const [start, end] = [`<${marker}>\n`, `\n</${marker}>`];
  const bare =
    content.startsWith(start) && content.endsWith(end) ? content.slice(start.length, -end.length) : content;
  // These two would become marks of citations.
  return bare.replace(/[\uE000\uE001]/g, "");
}

export interface Piece {
  text: string;
  hit: boolean;
}

// The text in pieces; `hit` are the words that begin with one of the stems that matched.
export function pieces(text: string, stems: string[]): Piece[] {
  const wanted = stems.map(plain).filter((stem) => stem.length > 1);
  const found: Piece[] = [];
  let rest = "";
  for (const word of text.split(/([\p{L}\p{N}]+)/u)) {
    if (!wanted.some((stem) => fits(plain(word), stem))) rest += word;
    else {
      if (rest) found.push({ text: rest, hit: false });
      found.push({ text: word, hit: true });
      rest = "";
    }
  }
  return rest ? [...found, { text: rest, hit: false }] : found;
}

const plain = (word: string): string => word.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

// Stems are shortened words; a final y is written i in them ("policy", "polici").
function fits(word: string, stem: string): boolean {
  if (word.length > stem.length + 5) return false;
  return (
    word.startsWith(stem) ||
    (stem.endsWith("i") && stem.length > 3 && word.startsWith(`${stem.slice(0, -1)}y`))
  );
}

export const metadataText = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(metadataText).join(", ");
  return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
};
