// What went wrong or should be known, each with a way on.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { strings } from "../i18n/strings.ts";
import { toHtml } from "../markdown/render.ts";
import { lockReason } from "./lock.ts";
import type { Session } from "./session.ts";

export function notices(session: Session): TemplateResult | typeof nothing {
  const { failure, notice, thread } = session.state;
  const locked = lockReason(thread);
  return html`${locked ? lockNotice(session, locked) : nothing}
    ${
      notice
        ? html`<div class="notice" data-level=${notice.level}
          role=${notice.level === "danger" ? "alert" : "note"}>
          <div>${notice.title ? html`<b>${notice.title}</b>` : nothing}<div
            class="prose">${unsafeHTML(toHtml(notice.text))}</div></div>
          <button type="button" @click=${() => session.dismiss()}>${strings.dismiss}</button></div>`
        : nothing
    }
    ${failure ? failed(session, failure.text, failure.retry, failure.gone) : nothing}`;
}

function failed(session: Session, text: string, retry: boolean, gone?: boolean): TemplateResult {
  const [label, run] = retry
    ? [strings.tryAgain, () => void session.retry()]
    : gone
      ? [strings.newChat, () => session.create()]
      : [strings.dismiss, () => session.dismiss()];
  return html`<div class="failure" role="alert"><p>${text}</p><div class="ways"><button type="button"
    @click=${run}>${label}</button>
    ${
      retry
        ? html`<button type="button" class="plain"
          @click=${() => session.dismiss()}>${strings.dismiss}</button>`
        : nothing
    }</div></div>`;
}

function lockNotice(session: Session, text: string): TemplateResult {
  return html`<div class="notice" data-level="info" role="note"><p>${text}</p>
    <button type="button" @click=${() => session.create()}>${strings.newChat}</button></div>`;
}
