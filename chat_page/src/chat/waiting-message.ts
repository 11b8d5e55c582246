// A message that has not reached the service: why, and what can be done with it.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { strings } from "../i18n/strings.ts";
import type { MessageActions } from "./message-actions.ts";
import { message } from "./messages.ts";
import type { Waiting } from "./outbox.ts";
import { waitingItem } from "./outbox.ts";
import type { Session } from "./session.ts";

export function waitingMessages(session: Session, actions: MessageActions): TemplateResult[] {
  const { outbox, state } = session;
  return outbox.of(state.thread?.id ?? null).map((entry) => waiting(entry, session, actions));
}

function waiting(entry: Waiting, { outbox }: Session, actions: MessageActions): TemplateResult {
  const { key, problem, waits } = entry;
  const item = waitingItem(entry);
  const drawn = message(item, actions, true, false);
  const isWaiting = waits || problem || outbox.of(entry.thread)[0] !== entry;
  if (!isWaiting || actions.edits(item)) return html`${drawn}`;
  const back = (): void => outbox.take(key);
  return html`<div class="waiting">${drawn}
    <div class=${problem ? "failure" : "notice"} role=${problem ? "alert" : "note"}>
      <p>${problem || strings.waiting}</p>
      <div class="ways">${
        problem
          ? html`<button type="button" @click=${() => void outbox.again(key)}>${strings.tryAgain}</button>`
          : nothing
      }<button type="button" class="plain" @click=${back}>${strings.takeBack}</button></div>
    </div>
  </div>`;
}
