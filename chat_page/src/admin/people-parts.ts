// What is said of a person, and of the people where they do not sign in here.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { fill } from "../i18n/translation.ts";
import { words } from "./strings.ts";
import type { Disabled, People, Person } from "./types.ts";

export function states({ kind, is_admin, disabled_at, has_password }: Person): string[] {
  const known = [kind === "oidc" ? words.viaProvider : words.account];
  if (is_admin) known.push(words.administrator);
  if (disabled_at) known.push(words.isOut);
  else if (kind === "account" && !has_password) known.push(words.noPassword);
  return known;
}

export function login({ login: kind, administrators }: People): TemplateResult {
  const names = administrators?.join(", ");
  return html`<section class="box"><h2>${words.people}</h2>
    <p>${(words.logins as Record<string, string>)[kind] ?? kind}</p>
    ${names ? html`<p class="soft">${fill(words.administratorsNamed, { names })}</p>` : nothing}</section>`;
}

// What became of the keys and clients of somebody who was disabled or enabled.
export function ended(said: Disabled): TemplateResult | typeof nothing {
  const { display_name: name, clients, keys, problem } = said;
  const later = said.disabled_at ? words.refusedLater : words.goodLater;
  if (clients === null) {
    const told = fill(later, { name, problem: problem ?? "" });
    return html`<div class="alert" role="alert"><p>${told}</p></div>`;
  }
  if (!said.disabled_at) return nothing;
  return html`<div class="good" role="status"><p>${fill(words.isDisabled, { name })}
    ${fill(words.clientsRefused, { count: clients })}
    ${keys?.length ? fill(words.keysRefused, { keys: keys.join(", ") }) : nothing}</p>
    ${keys?.length ? html`<a href="#/admin/work">${words.tabs.work}</a>` : nothing}</div>`;
}
