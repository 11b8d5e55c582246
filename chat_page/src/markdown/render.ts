// Markdown to HTML. Raw HTML is off, so that what a document or a model wrote can never become an element.
import MarkdownIt from "markdown-it";
import { strings } from "../i18n/strings.ts";
import { calmed } from "../protocol/texts.ts";
import { untoldHost } from "../ui/addresses.ts";
import { isWeb } from "../ui/pictures.ts";
import { isOwn, ownPage } from "./own-pages.ts";

const MARK = /\{\uE000(\d+)\uE001/y;
const MARKS = /\{\uE000(\d+)\uE001/g;

const MAIL = /^mailto:/i;

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: false, maxNesting: 40 });
// Nothing but the web, mail and the service's own pages: another scheme could start a program, and other
// relative addresses lead nowhere.
markdown.validateLink = (address) =>
  MAIL.test(address.trim()) || isWeb(address) || ownPage(address) !== undefined;
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

markdown.inline.ruler.before("text", "citation", (state, silent) => {
  MARK.lastIndex = state.pos;
  const found = MARK.exec(state.src);
  if (!found) return false;
  if (!silent) state.push("citation", "", 0).content = found[1] ?? "";
  state.pos += found[0].length;
  return true;
});

markdown.renderer.rules["citation"] = (tokens, index) => citation(tokens[index]?.content ?? "");

// A picture's address can carry data to another host when it is loaded: it becomes a link.
markdown.renderer.rules.image = (tokens, index) => {
  const token = tokens[index];
  const address = String(token?.attrGet("src") ?? "");
  const words = token?.content || address;
  const html = markdown.utils.escapeHtml;
  return (
    `<a href="${html(address)}" target="_blank" rel="noopener noreferrer" title="${html(address)}">` +
    `${html(words)}</a>${destination(address, words)}`
  );
};

markdown.renderer.rules.link_open = (tokens, index, options, _environment, self) => {
  const token = tokens[index];
  const own = ownPage(String(token?.attrGet("href") ?? ""));
  if (own) token?.attrSet("href", own);
  token?.attrSet("target", "_blank");
  token?.attrSet("rel", "noopener noreferrer");
  // A title of the author's own could name another place.
  token?.attrSet("title", String(token.attrGet("href") ?? ""));
  return self.renderToken(tokens, index, options);
};

// Behind a link whose words are not its address: the host it leads to.
markdown.renderer.rules.link_close = (tokens, index) => {
  let words = "";
  let open = index - 1;
  while (open > 0 && tokens[open]?.type !== "link_open") {
    words = (tokens[open]?.content ?? "") + words;
    open -= 1;
  }
  const address = String(tokens[open]?.attrGet("href") ?? "");
  return `</a>${isOwn(address) ? "" : destination(address, words)}`;
};

function destination(address: string, words: string): string {
  const host = untoldHost(address, words);
  return host ? `<span class="host"> (${markdown.utils.escapeHtml(host)})</span>` : "";
}

const ALIGNED = /^text-align:(left|center|right)$/;
const CELLS = ["th_open", "td_open"];

// The page's policy lets no element bring a style of its own: where the parser writes one, a class says it.
markdown.core.ruler.push("looks", ({ tokens }) => {
  for (const token of tokens) {
    const aligned = ALIGNED.exec(String(token.attrGet("style") ?? ""));
    token.attrs = token.attrs?.filter(([name]) => name !== "style") ?? null;
    if (aligned) token.attrSet("class", `to-${aligned[1]}`);
    // Each block is written in the direction of its own words.
    if ((token.level === 0 && token.nesting === 1) || CELLS.includes(token.type))
      token.attrSet("dir", "auto");
  }
});

markdown.core.ruler.push("accents", ({ tokens }) => {
  for (const token of tokens) {
    token.content = calmed(token.content);
    for (const child of token.children ?? []) child.content = calmed(child.content);
  }
});

markdown.renderer.rules.fence = (tokens, index) =>
  codeBlock(tokens[index]?.content ?? "", tokens[index]?.info ?? "");
markdown.renderer.rules.code_block = (tokens, index) => codeBlock(tokens[index]?.content ?? "", "");
markdown.renderer.rules.code_inline = (tokens, index) => {
  const [code, marks] = withoutMarks(tokens[index]?.content ?? "");
  return `<code>${code}</code>${marks}`;
};
markdown.renderer.rules.table_open = () => '<div class="table" tabindex="0"><table>';
markdown.renderer.rules.table_close = () => "</table></div>";

export function toHtml(text: string): string {
  return markdown.render(text);
}

export interface Block {
  start: number;
  html: string;
}

// Each top-level block with the place where it begins; links may be defined in any of them.
export function blocksOf(text: string): Block[] {
  const environment = {};
  const tokens = markdown.parse(text, environment);
  const lines = lineStarts(text);
  const blocks: Block[] = [];
  let first = 0;
  tokens.forEach((token, index) => {
    if (token.level > 0 || token.nesting > 0) return;
    const html = markdown.renderer.render(tokens.slice(first, index + 1), markdown.options, environment);
    blocks.push({ start: lines[tokens[first]?.map?.[0] ?? 0] ?? 0, html });
    first = index + 1;
  });
  return blocks;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function codeBlock(content: string, info: string): string {
  const language = markdown.utils.escapeHtml(info.trim().split(/\s+/, 1)[0] ?? "");
  const [code, marks] = withoutMarks(content);
  return (
    `<div class="code"><div class="code-head"><span>${language || strings.text}</span>` +
    `<button type="button" data-copy-code>${strings.copy}</button></div>` +
    `<pre tabindex="0" dir="ltr"><code>${code}</code></pre></div>${marks}`
  );
}

// Code shows no marks: they follow it.
function withoutMarks(content: string): [code: string, marks: string] {
  const marks = [...content.matchAll(MARKS)].map((found) => citation(found[1] ?? "")).join("");
  return [markdown.utils.escapeHtml(content.replace(MARKS, "")), marks];
}

function citation(place: string): string {
  const number = Number(place) + 1;
  const label = `${strings.source} ${number}`;
  return `<button type="button" class="mark" data-source="${place}" aria-label="${label}">${number}</button>`;
}
