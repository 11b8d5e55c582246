// A small button with a picture, named by its label; `pressed` makes it a switch.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";

export function iconButton(label: string, icon: unknown, run: () => void, pressed?: boolean): TemplateResult {
  return html`<button type="button" class="icon small" title=${label} aria-label=${label}
    aria-pressed=${pressed === undefined ? nothing : String(pressed)} @click=${run}>${icon}</button>`;
}
