// The text of a passage as elements, with the words that matched marked.

import { pieces } from "../markdown/matched-words.ts";
import { toHtml } from "../markdown/render.ts";

// Raw HTML in a document is text to `toHtml`; what it makes has no handlers, no pictures and no own pages.
export function prose(text: string, stems: string[]): HTMLElement {
  const element = document.createElement("div");
  element.className = "prose";
  element.innerHTML = toHtml(text);
  for (const head of element.querySelectorAll(".code-head")) head.remove();
  for (const link of element.querySelectorAll("a")) link.removeAttribute("target");
  if (stems.length) mark(element, stems);
  return element;
}

function mark(element: HTMLElement, stems: string[]): void {
  const texts: Text[] = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) texts.push(walker.currentNode as Text);
  for (const text of texts) {
    const found = pieces(text.data, stems);
    if (!found.some(({ hit }) => hit)) continue;
    text.replaceWith(...found.map((piece) => (piece.hit ? marked(piece.text) : piece.text)));
  }
}

function marked(word: string): HTMLElement {
  const element = document.createElement("mark");
  element.textContent = word;
  return element;
}
