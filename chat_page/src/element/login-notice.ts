// The way back after a login has ended.

import type { TemplateResult } from "lit";
import { html } from "lit";
import { strings } from "../i18n/strings.ts";

export function loginAgain(login: () => void): TemplateResult {
  return html`<div class="login" role="alert"><p>${strings.loginEnded}</p>
    <button type="button" @click=${login}>${strings.loginAgain}</button></div>`;
}
