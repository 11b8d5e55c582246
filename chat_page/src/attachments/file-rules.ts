// Which files a message takes, and how their sizes and types are said.

import { strings } from "../i18n/strings.ts";
import { fill } from "../i18n/translation.ts";
import type { FileLimits } from "../protocol/types.ts";

const BY_ENDING: Record<string, string> = {
  md: "text/markdown",
  markdown: "text/markdown",
  csv: "text/csv",
  json: "application/json",
};

const ending = (name: string): string => name.slice(name.lastIndexOf(".") + 1).toLowerCase();

export const mimeOf = (file: { name: string; type: string }): string =>
  file.type || BY_ENDING[ending(file.name)] || "text/plain";

export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [unit, name, digits] = bytes >= 1e6 ? [1e6, "MB", 1] : [1e3, "kB", 0];
  return `${(bytes / unit).toLocaleString(undefined, { maximumFractionDigits: digits })} ${name}`;
}

// Why a file cannot be attached; nothing when it can. Browsers know few types, and of texts there are more
// than any list has: so the ending counts, too.
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
  if (
    limits.accept.includes(type) ||
    limits.endings.includes(`.${ending(file.name)}`) ||
    type.startsWith("text/")
  )
    return "";
  return fill(strings.fileNotAccepted, {
    name: file.name,
    types: limits.kinds.join(", "),
  });
}
