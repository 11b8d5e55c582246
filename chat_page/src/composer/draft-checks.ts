// Whether a draft can be sent, and how many characters it may still get.

import { strings } from "../i18n/strings.ts";
import { fill } from "../i18n/translation.ts";
import type { Draft } from "./drafts.ts";

export const MAX_CHARACTERS = 20_000;
// From here on the room that is left is shown.
const NEAR_MAX = 1000;

// The sentence that says why the draft cannot be sent; nothing when it can.
export function obstacle({ text, files }: Pick<Draft, "text" | "files">): string {
  const tooLong = { most: MAX_CHARACTERS, count: text.length };
  if (text.length > MAX_CHARACTERS) return fill(strings.tooLong, tooLong);
  if (files.some((file) => file.problem)) return strings.brokenFiles;
  return files.some((file) => !file.sent) ? strings.waitForFiles : "";
}

// Characters left, below zero for too many; null while there is room enough.
export function roomLeft({ text }: Pick<Draft, "text">): number | null {
  const left = MAX_CHARACTERS - text.length;
  return left > NEAR_MAX ? null : left;
}
