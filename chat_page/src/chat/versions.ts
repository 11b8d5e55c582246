// The versions of a message that was edited or asked again: which is shown, and the way to the others.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { strings } from "../i18n/strings.ts";
import { fill } from "../i18n/translation.ts";
import type { ThreadItem } from "../protocol/types.ts";
import type { MessageActions } from "./message-actions.ts";
import type { Session } from "./session.ts";

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 };

export function versionSwitch(item: ThreadItem, actions: MessageActions): TemplateResult | typeof nothing {
  const version = actions.versionOf(item);
  if (!version) return nothing;
  const { number, count } = version;
  const go = (step: number): void => {
    const next = number + step;
    if (step && next >= 1 && next <= count && !actions.busy()) actions.showVersion(item, next);
  };
  // The button keeps the focus at the first and the last version, so it is never really disabled.
  const arrow = (step: number, label: string, sign: string): TemplateResult =>
    html`<button type="button" class="icon small" title=${label} aria-label=${label}
      aria-disabled=${String(number + step < 1 || number + step > count || actions.busy())}
      @click=${() => go(step)}>${sign}</button>`;
  return html`<div class="versions" role="group" aria-label=${strings.versions}
    @keydown=${(event: KeyboardEvent) => go(STEPS[event.key] ?? 0)}>
    ${arrow(-1, strings.versionBefore, "‹")}
    <span aria-label=${fill(strings.version, version as never)} role="img">${number} / ${count}</span>
    ${arrow(1, strings.versionAfter, "›")}
  </div>`;
}

// Puts another version of a message, with what followed it there, in the place of this one.
export async function showVersion(session: Session, item: ThreadItem, number: number): Promise<void> {
  const at = session.state.items.indexOf(item);
  await session.act(null, { type: "message.version", payload: { item_id: item.id, number } }, at);
  if (!session.state.failure) session.status = strings.versionShown;
  await session.renewExtras();
}

// Goes on from here in a new chat; this one stays as it is.
export async function branch(session: Session, item: ThreadItem): Promise<void> {
  await session.attempt(async () => {
    await session.open(await session.api.branch(item.thread_id, item.id));
    await session.listThreads();
  });
}
