// The few pictures of the page, drawn with the text's color.

import type { SVGTemplateResult } from "lit";
import { svg } from "lit";

const icon = (paths: SVGTemplateResult): SVGTemplateResult =>
  svg`<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.8"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${paths}</svg>`;

export const icons = {
  gear: icon(
    svg`<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>`,
  ),
  send: icon(svg`<path d="M12 19V5M5.5 11.5 12 5l6.5 6.5"/>`),
  stop: icon(svg`<rect x="7" y="7" width="10" height="10" rx="1.5" fill="currentColor"/>`),
  menu: icon(svg`<path d="M4 7h16M4 12h16M4 17h10"/>`),
  plus: icon(svg`<path d="M12 5v14M5 12h14"/>`),
  copy: icon(svg`<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15V6a2 2 0 0 1 2-2h8"/>`),
  up: icon(
    svg`<path d="M7 11v9H4v-9zM7 11l4-7c1.5 0 2.4 1 2 2.6L12.4 10H18a2 2 0 0 1 2 2.4l-1.2 6A2 2 0 0 1 16.800 20H7"/>`,
  ),
  down: icon(
    svg`<path d="M17 13V4h3v9zM17 13l-4 7c-1.500 0-2.400-1-2-2.600l.6-3.400H6a2 2 0 0 1-2-2.400l1.200-6A2 2 0 0 1 7.200 4H17"/>`,
  ),
  task: icon(svg`<rect x="4" y="4" width="16" height="16" rx="3"/><path d="M8 12l3 3 5-6"/>`),
  branch: icon(svg`<path d="M6 4v16M6 14c8 0 12-2 12-8M14.500 8.500 18 5l3.500 3.500"/>`),
  retry: icon(svg`<path d="M20 12a8 8 0 1 1-2.500-5.800M20 4v4.500h-4.500"/>`),
  pencil: icon(svg`<path d="M4 20h4L19 9l-4-4L4 16z"/>`),
  bin: icon(svg`<path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13"/>`),
  theme: icon(svg`<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor"/>`),
  attach: icon(
    svg`<path d="M20 11.500 12 19.500a5 5 0 0 1-7-7l8.500-8.500a3.300 3.300 0 0 1 4.700 4.700L10 17a1.700 1.700 0 0 1-2.400-2.400L15 7.300"/>`,
  ),
  mic: icon(
    svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path
      d="M5.500 11.500a6.500 6.500 0 0 0 13 0M12 18v3"/>`,
  ),
  person: icon(svg`<circle cx="12" cy="8.500" r="3.800"/><path d="M4.500 20a7.500 7.500 0 0 1 15 0"/>`),
  check: icon(svg`<path d="M5 12.500l4.500 4.500L19 7.500"/>`),
  file: icon(
    svg`<path d="M13 3H7a1.500 1.500 0 0 0-1.500 1.500v15A1.500 1.500 0 0 0 7 21h10a1.500 1.500 0 0 0 1.500-1.500V8.500zM13 3v5.500h5.500"/>`,
  ),
  folder: icon(
    svg`<path d="M3.500 7A1.500 1.500 0 0 1 5 5.500h4l2 2.500h8A1.500 1.500 0 0 1 20.500 9.500V17a1.500 1.500 0 0 1-1.500 1.500H5A1.500 1.500 0 0 1 3.500 17z"/>`,
  ),
  search: icon(svg`<circle cx="11" cy="11" r="6.500"/><path d="M16 16l4.500 4.500"/>`),
  quote: icon(svg`<path d="M9 6v6a4 4 0 0 0 4 4h6M15.500 12.500 19 16l-3.500 3.500"/>`),
  end: icon(svg`<path d="M12 5v14M5.500 12.500 12 19l6.500-6.500"/>`),
  more: icon(svg`<path d="M6 5v6a4 4 0 0 0 4 4h9M15 11l4 4-4 4"/>`),
  export: icon(svg`<path d="M12 4v11M7.500 10.500 12 15l4.500-4.500M5 19.500h14"/>`),
  close: icon(svg`<path d="M6 6l12 12M18 6 6 18"/>`),
  chat: icon(
    svg`<path d="M5 5h14a1.500 1.500 0 0 1 1.500 1.500v9a1.500 1.500 0 0 1-1.500 1.500h-7L7 20.500V17H5a1.500 1.500 0 0 1-1.500-1.500v-9A1.500 1.500 0 0 1 5 5z"/>`,
  ),
  book: icon(
    svg`<path d="M12 6.500C10 5 7 4.500 4 5v13c3-.500 6 0 8 1.500 2-1.500 5-2 8-1.500V5c-3-.500-6 0-8 1.500zM12 6.500v13"/>`,
  ),
  full: icon(svg`<path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"/>`),
  unfull: icon(svg`<path d="M9 4v5H4M15 4v5h5M9 20v-5H4M15 20v-5h5"/>`),
};
