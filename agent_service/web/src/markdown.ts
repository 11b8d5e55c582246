// Markdown to HTML. Raw HTML is off, so that what a document or a model wrote can never become an element.
import MarkdownIt from "markdown-it";
import { strings } from "./strings.ts";

const MARK = /\{\uE000(\d+)\uE001/y;
const MARKS = /\{\uE000(\d+)\uE001/g;

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: false });
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
  const address = markdown.utils.escapeHtml(String(token?.attrGet("src") ?? ""));
  const text = markdown.utils.escapeHtml(token?.content || address);
  return `<a href="${address}" target="_blank" rel="noopener noreferrer">${text}</a>`;
};

markdown.renderer.rules.link_open = (tokens, index, options, _environment, self) => {
  tokens[index]?.attrSet("target", "_blank");
  tokens[index]?.attrSet("rel", "noopener noreferrer");
  return self.renderToken(tokens, index, options);
};

markdown.renderer.rules.fence = (tokens, index) => codeBlock(tokens[index]?.content ?? "", tokens[index]?.info ?? "");
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

function codeBlock(content: string, info: string): string {
  const language = markdown.utils.escapeHtml(info.trim().split(/\s+/, 1)[0] ?? "");
  const [code, marks] = withoutMarks(content);
  return (
    `<div class="code"><div class="code-head"><span>${language}</span>` +
    `<button type="button" data-copy-code>${strings.copy}</button></div>` +
    `<pre tabindex="0"><code>${code}</code></pre></div>${marks}`
  );
}

// Code shows no marks: they follow it.
function withoutMarks(content: string): [code: string, marks: string] {
  const marks = [...content.matchAll(MARKS)].map((found) => citation(found[1] ?? "")).join("");
  return [markdown.utils.escapeHtml(content.replace(MARKS, "")), marks];
}

function citation(place: string): string {
  const number = Number(place) + 1;
  return `<button type="button" class="mark" data-source="${place}" aria-label="${strings.source} ${number}">${number}</button>`;
}
