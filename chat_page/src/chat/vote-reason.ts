// The question after a vote against an answer.

import type { TemplateResult } from "lit";
import { html } from "lit";
import { strings } from "../i18n/strings.ts";

export function reasonForm(send: (reason: string) => void, close: () => void): TemplateResult {
  const submit = (event: Event) => {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    send(
      [...fields.getAll("reason"), fields.get("words") ?? ""]
        .map((one) => String(one).trim())
        .filter(Boolean)
        .join("; "),
    );
  };
  return html`<form class="why" @submit=${submit}
    @keydown=${(event: KeyboardEvent) => event.key === "Escape" && close()}>
    <fieldset><legend>${strings.why}</legend>
      ${Object.values(strings.reasons).map(
        (reason) =>
          html`<label class="chip"><input type="checkbox" name="reason" value=${reason}
            /><span>${reason}</span></label>`,
      )}
    </fieldset>
    <input type="text" name="words" maxlength="600" autocomplete="off" aria-label=${strings.moreWords}
      placeholder=${strings.moreWords} />
    <div class="ways"><button class="primary">${strings.sendReason}</button><button type="button"
      @click=${close}>${strings.skipForm}</button></div>
  </form>`;
}
