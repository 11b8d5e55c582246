// The part of a passage that a card shows; no DOM in here.

import { type Piece, pieces } from "../markdown/matched-words.ts";

const MAX_LENGTH = 320;
// What stands before the first word that matched.
const LEAD = 80;
// Emphasis, headings, cells and what stands between a table's head and its rows; of links their words.
const SIGNS = /:?-{3,}:?|[*_`#>|]+|!?\[([^\]]*)\]\([^)]*\)/g;
const MIN_WORD = 3;

// In one line, without the signs of Markdown, from a little before the first word that matched.
export function snippet(text: string, stems: string[]): Piece[] {
  const line = text.replace(SIGNS, "$1").replace(/\s+/g, " ").trim();
  const all = pieces(line, stems);
  const first = all.findIndex(({ hit }) => hit);
  const before = first < 0 ? 0 : all.slice(0, first).reduce((sum, piece) => sum + piece.text.length, 0);
  const from = line.length <= MAX_LENGTH || before <= LEAD ? 0 : line.indexOf(" ", before - LEAD) + 1;
  const part = line.slice(from, from + MAX_LENGTH);
  const isCut = from + MAX_LENGTH < line.length;
  const shown = isCut ? part.replace(/\s\S*$/, " …") : part;
  return pieces(`${from > 0 ? "… " : ""}${shown}`, stems);
}

// What to mark where the answer does not say which words matched: those of the question, nearly as stems.
export function stemsOf(question: string): string[] {
  const words = question.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words
    .filter((word) => word.length > MIN_WORD)
    .map((word) => (word.length > MIN_WORD + 2 ? word.slice(0, -2) : word));
}
