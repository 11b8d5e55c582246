// The language of the page: English words, and what a file of another language puts in their place.

type Table = Record<string, string | Record<string, string>>;
export type Translated<T> = { [K in keyof T]: T[K] extends string ? string : Translated<T[K]> };

interface Known {
  english: Table;
  live: Table;
  section: string | undefined;
}

const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv"]);
const known: Known[] = [];
let translation: Record<string, unknown> = {};
let chosen = "en";

// The words as they are now: they change with the language. A section has its own place in the files.
export function words<T extends object>(english: T, section?: string): Translated<T> {
  const entry = {
    english: english as unknown as Table,
    live: structuredClone(english) as unknown as Table,
    section,
  };
  known.push(entry);
  put(entry);
  return entry.live as unknown as Translated<T>;
}

export const language = (): string => chosen;
export const direction = (): "ltr" | "rtl" => (RIGHT_TO_LEFT.has(chosen.split("-")[0] ?? "") ? "rtl" : "ltr");

// The first wanted language there is a file for; English needs none.
export function pick(wanted: readonly string[], available: readonly string[]): string {
  const has = ["en", ...available];
  for (const tag of wanted) {
    const whole = has.find((code) => code.toLowerCase() === tag.toLowerCase());
    const found = whole ?? has.find((code) => code === tag.split("-")[0]?.toLowerCase());
    if (found) return found;
  }
  return "en";
}

export function use(code: string, file: Record<string, unknown>): void {
  chosen = code;
  translation = file;
  for (const entry of known) put(entry);
}

// A text that the service sends as it was shipped, in the language of the page.
export function translated(text: string): string {
  for (const { english, live } of known) {
    const key = Object.keys(english).find((name) => english[name] === text);
    if (key) return live[key] as string;
  }
  return text;
}

function put({ english, live, section }: Known): void {
  const from = section ? translation[section] : translation;
  for (const [key, text] of Object.entries(english))
    live[key] = merged(text, (from as Record<string, unknown> | undefined)?.[key]) as string;
}

// A word that the file lacks, or has as something else, stays English.
function merged(english: unknown, other: unknown): unknown {
  if (typeof english !== "object" || english === null)
    return typeof other === typeof english ? other : english;
  const table = typeof other === "object" && other !== null ? (other as Record<string, unknown>) : {};
  return Object.fromEntries(Object.entries(english).map(([key, text]) => [key, merged(text, table[key])]));
}

// The sentence with its {names} filled in.
export function fill(sentence: string, values: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}
