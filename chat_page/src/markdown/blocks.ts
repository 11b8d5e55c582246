// Splits Markdown into its top-level blocks, so that only the last one is made anew while text arrives.
import { blocksOf } from "./render.ts";

export interface Split {
  // The whole text, the HTML of each block, and where the last block begins.
  text: string;
  html: string[];
  tail: number;
  // How many characters were read to get here from the split before.
  read: number;
}

const CODE = /(`+)(?:[\s\S]*?[^`])?\1(?!`)/g;
const FENCE = /^ {0,3}(`{3,}|~{3,})/gm;
// A line that could still become a heading, a list, a table, a rule or the end of a code block.
const UNDECIDED = /(^|\n)[ \t]*(?:[-=*_+>#|`~: \t]+|\d{1,9}[.)]?)$/;
const TABLE_HEAD = /(^|\n)\|[^\n]*(?:\n[ \t|:-]*)?$/;
// A link that is defined below changes what stands above.
const DEFINITION = /\n {0,3}\[[^\]\n]+\]:/;
const HALF_LINK = /!?\[([^\][\n]*)\]\([^()\s]*$/;
// Past this a paragraph is shown as it is: nobody writes one that long.
const MAX_CLOSED = 20_000;

// The blocks of a text that is complete.
export function split(text: string): Split {
  const blocks = blocksOf(text);
  return { text, html: blocks.map(({ html }) => html), tail: blocks.at(-1)?.start ?? 0, read: text.length };
}

// The blocks of a text that goes on: what was complete before stays as it was.
export function grow(before: Split | undefined, text: string): Split {
  if (before?.text === text) return { ...before, read: 0 };
  const keeps = before && text.startsWith(before.text.slice(0, before.tail)) && !DEFINITION.test(text);
  const from = keeps ? before.tail : 0;
  const rest = text.slice(from);
  const blocks = blocksOf(rest);
  const last = blocks.at(-1);
  const done = keeps ? before.html.slice(0, -1) : [];
  const ended = blocks.slice(0, -1).map(({ html }) => html);
  const open = last
    ? blocksOf(closed(rest.slice(last.start)))
        .map(({ html }) => html)
        .join("")
    : "";
  return { text, html: [...done, ...ended, open], tail: from + (last?.start ?? 0), read: rest.length };
}

// The last block with its half-open emphasis, code and links closed, without a line whose meaning is open.
export function closed(block: string): string {
  if (block.length > MAX_CLOSED) return block;
  const fences = [...block.matchAll(FENCE)];
  if (fences.length % 2) return block.replace(/\n[ \t]*[`~]{1,2}$/, "");
  const certain = block.replace(/\n\|[ \t:-]*[ \t|:-]*$/, (end) => (TABLE_HEAD.test(block) ? "" : end));
  const shown = (
    TABLE_HEAD.test(certain) && !/\n\|?[ \t]*:?-+/.test(certain) ? certain.replace(TABLE_HEAD, "$1") : certain
  ).replace(UNDECIDED, "$1");
  return withEnds(shown.replace(HALF_LINK, "$1"));
}

function withEnds(text: string): string {
  const start = text.lastIndexOf("\n\n") + 1;
  const paragraph = text.slice(start);
  const plain = paragraph.replace(CODE, (code) => " ".repeat(code.length));
  const tick = /`+/.exec(plain);
  if (tick)
    return tick.index === plain.length - tick[0].length ? text.slice(0, start + tick.index) : text + tick[0];
  const ends: string[] = [];
  for (const [sign] of plain.matchAll(/\*\*|__|~~|\*(?=\S)|(?<=\S)\*/g)) {
    if (ends.at(-1) === sign) ends.pop();
    else ends.push(sign);
  }
  let shown = text;
  while (ends.length && shown.endsWith(ends.at(-1) ?? "")) shown = shown.slice(0, -(ends.pop() ?? "").length);
  return shown.replace(/\s+$/, "") + ends.reverse().join("");
}
