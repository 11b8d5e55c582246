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

export const metadataText = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(metadataText).join(", ");
  return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
};
