// The ways the chat stands in a page: in the flow, in a dialog, or in a panel behind a floating button.

import type { TemplateResult } from "lit";
import { html } from "lit";
import { strings } from "../i18n/strings.ts";
import { icons } from "../ui/icons.ts";

export type Mode = "page" | "panel" | "modal" | "button";

export interface Shell {
  open: boolean;
  label: string;
  toggle(): void;
  closed(): void;
}

export function inMode(mode: Mode, content: TemplateResult, state: Shell): TemplateResult {
  if (mode === "modal") {
    return html`<dialog class="shell" part="dialog" aria-label=${state.label}
      @close=${state.closed}>${content}</dialog>`;
  }
  if (mode !== "button") return content;
  const name = state.open ? strings.closeChat : strings.openChat;
  return html`<div class="shell" part="panel" id="panel" role="dialog" aria-label=${state.label}
    ?hidden=${!state.open}>${content}</div>
    <button type="button" class="fab" part="button" title=${name} aria-label=${name}
      aria-expanded=${String(state.open)} aria-controls="panel"
      @click=${state.toggle}>${state.open ? icons.close : icons.chat}</button>`;
}
