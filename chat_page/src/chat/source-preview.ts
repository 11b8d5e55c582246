// The small preview of a source beside its mark.

import type { Source } from "../protocol/types.ts";
import { snippet } from "./citations.ts";

const GAP = 6;
const WORDS = 180;

export function showPeek(root: ParentNode, mark: HTMLElement, source: Source): void {
  const peek = root.querySelector<HTMLElement>("#peek");
  const frame = peek?.offsetParent ?? peek?.parentElement;
  if (!peek || !frame) return;
  const title = document.createElement("b");
  title.textContent = source.title;
  const text = document.createElement("span");
  text.textContent = snippet(source, WORDS);
  peek.replaceChildren(title, text);
  peek.hidden = false;
  mark.setAttribute("aria-describedby", "peek");
  place(peek, mark.getBoundingClientRect(), frame.getBoundingClientRect());
}

export function hidePeek(root: ParentNode): void {
  const peek = root.querySelector<HTMLElement>("#peek");
  if (!peek || peek.hidden) return;
  peek.hidden = true;
  root.querySelector('[aria-describedby="peek"]')?.removeAttribute("aria-describedby");
}

// Above the mark, below it where there is no room, and never past the edges.
function place(peek: HTMLElement, mark: DOMRect, frame: DOMRect): void {
  const above = mark.top - frame.top - peek.offsetHeight - GAP;
  const most = frame.width - peek.offsetWidth - GAP;
  peek.style.top = `${above >= 0 ? above : mark.bottom - frame.top + GAP}px`;
  peek.style.left = `${Math.max(GAP, Math.min(mark.left - frame.left - 20, most))}px`;
}
