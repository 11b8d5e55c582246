// What stands below the last message: that an answer is on its way, or what could be asked next.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { strings } from "../i18n/strings.ts";
import { icons } from "../ui/icons.ts";
import type { Session } from "./session.ts";

export function progress({ answering, state, outbox }: Session): TemplateResult | typeof nothing {
  const writes = state.items.at(-1)?.type === "assistant_message";
  if (!answering || (writes && !outbox.of(state.thread?.id ?? null).length)) return nothing;
  return html`<p class="progress"><span class="dots"><i></i><i></i><i></i></span>${state.progress}</p>`;
}

export function suggestions(session: Session, ask: (text: string) => void): TemplateResult | typeof nothing {
  const { suggestions: questions } = session.state;
  if (!questions.length || session.answering || !session.mayWrite) return nothing;
  const button = (text: string): TemplateResult =>
    html`<button type="button" @click=${() => ask(text)}>${icons.more}<span>${text}</span></button>`;
  return html`<section class="suggestions" aria-label=${strings.suggestions}>
      ${questions.map(button)}
    </section>`;
}
