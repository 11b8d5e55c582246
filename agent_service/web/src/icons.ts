// The few pictures of the page, drawn with the text's color.
import { svg } from "lit";
import type { SVGTemplateResult } from "lit";

const icon = (paths: SVGTemplateResult): SVGTemplateResult =>
  svg`<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.8"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${paths}</svg>`;

export const icons = {
  send: icon(svg`<path d="M12 19V5M5.5 11.5 12 5l6.5 6.5"/>`),
  stop: icon(svg`<rect x="7" y="7" width="10" height="10" rx="1.5" fill="currentColor"/>`),
  menu: icon(svg`<path d="M4 7h16M4 12h16M4 17h10"/>`),
  plus: icon(svg`<path d="M12 5v14M5 12h14"/>`),
  copy: icon(svg`<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15V6a2 2 0 0 1 2-2h8"/>`),
  up: icon(svg`<path d="M7 11v9H4v-9zM7 11l4-7c1.5 0 2.4 1 2 2.6L12.4 10H18a2 2 0 0 1 2 2.4l-1.2 6A2 2 0 0 1 16.800 20H7"/>`),
  down: icon(svg`<path d="M17 13V4h3v9zM17 13l-4 7c-1.500 0-2.400-1-2-2.600l.6-3.400H6a2 2 0 0 1-2-2.400l1.200-6A2 2 0 0 1 7.200 4H17"/>`),
  task: icon(svg`<rect x="4" y="4" width="16" height="16" rx="3"/><path d="M8 12l3 3 5-6"/>`),
  retry: icon(svg`<path d="M20 12a8 8 0 1 1-2.500-5.800M20 4v4.500h-4.500"/>`),
  pencil: icon(svg`<path d="M4 20h4L19 9l-4-4L4 16z"/>`),
  bin: icon(svg`<path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13"/>`),
  theme: icon(svg`<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor"/>`),
  close: icon(svg`<path d="M6 6l12 12M18 6 6 18"/>`),
};
