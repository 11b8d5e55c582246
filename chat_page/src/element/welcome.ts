// What an empty chat shows: a greeting and questions to begin with.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { strings } from "../i18n/strings.ts";
import { language, translated } from "../i18n/translation.ts";
import type { Config, Prompt } from "../protocol/types.ts";

// The site's own words come before those of the service.
export function welcome(
  { greetings = {}, greeting, prompts, model }: Config,
  own: { greeting: string; prompts: Prompt[] | null },
  ask: (prompt: string) => void,
  outcome: unknown,
  isAdmin: boolean,
): TemplateResult {
  return html`<section class="welcome">
    <p class="greeting">${own.greeting || greetings[language()] || translated(greeting)}</p>
    <div class="prompts">
      ${(own.prompts ?? prompts).map(
        ({ label, prompt }) =>
          html`<button type="button" part="prompt" @click=${() => ask(prompt)}>${translated(label)}</button>`,
      )}
    </div>
    ${
      model.extractive
        ? html`<p class="note">${strings.extractive}
          ${isAdmin ? html`<a href="#/admin/model">${strings.setUpModel}</a>` : nothing}</p>`
        : nothing
    } ${outcome}
  </section>`;
}
