// Which files a message takes, and how their sizes and types are said.

import { strings } from "../i18n/strings.ts";
import { fill } from "../i18n/translation.ts";

export interface FileLimits {
  max_bytes: number;
  max_count: number;
  accept: string[];
}

const BY_ENDING: Record<string, string> = {
  md: "text/markdown",
  markdown: "text/markdown",
  csv: "text/csv",
  json: "application/json",
};
const NAMES: Record<string, string> = {
  "application/pdf": "PDF",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
  "text/markdown": "Markdown",
  "text/html": "HTML",
  "text/csv": "CSV",
  "application/json": "JSON",
};

const ending = (name: string): string => name.slice(name.lastIndexOf(".") + 1).toLowerCase();

export const mimeOf = (file: { name: string; type: string }): string =>
  file.type || BY_ENDING[ending(file.name)] || "text/plain";

function nameOf(type: string): string {
  if (type === "text/plain") return strings.text;
  return NAMES[type] ?? ending(type.replace("/", "."));
}

export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [unit, name, digits] = bytes >= 1e6 ? [1e6, "MB", 1] : [1e3, "kB", 0];
  return `${(bytes / unit).toLocaleString(undefined, { maximumFractionDigits: digits })} ${name}`;
}

// Why a file cannot be attached; nothing when it can. Of texts there are more types than any list has.
export function refusal(
  file: { name: string; type: string; size: number },
  count: number,
  limits: FileLimits,
): string {
  if (count >= limits.max_count) return fill(strings.tooManyFiles, { count: limits.max_count });
  if (!file.size) return fill(strings.emptyFile, { name: file.name });
  if (file.size > limits.max_bytes)
    return fill(strings.fileTooLarge, {
      name: file.name,
      size: sizeText(file.size),
      most: sizeText(limits.max_bytes),
    });
  const type = mimeOf(file);
  if (limits.accept.includes(type) || type.startsWith("text/")) return "";
  return fill(strings.fileNotAccepted, {
    name: file.name,
    types: limits.accept.map((kind) => nameOf(kind)).join(", "),
  });
}
