// What is known of a document besides its text: its metadata, and what was left out when it was read.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { fill } from "../i18n/translation.ts";
import { metadataText } from "./formats.ts";
import { words } from "./strings.ts";
import type { DocumentText } from "./types.ts";

export function facts(document: DocumentText): TemplateResult {
  return html`${metadata(document)}${leftOut(document.notes)}`;
}

function metadata(document: DocumentText): TemplateResult | typeof nothing {
  const entries = Object.entries(document.metadata);
  if (!entries.length && !document.metadata_left_out) return nothing;
  const count = entries.length + document.metadata_left_out;
  return html`<details class="metadata"><summary>${words.metadata} <small>${count}</small></summary>
    <dl>${entries.map(([name, value]) => html`<dt>${name}</dt><dd>${metadataText(value)}</dd>`)}</dl>
    ${
      document.metadata_left_out
        ? html`<p class="soft">${fill(words.metadataLeftOut, { count: document.metadata_left_out })}</p>`
        : nothing
    }</details>`;
}

function leftOut(notes: string[]): TemplateResult | typeof nothing {
  if (!notes.length) return nothing;
  return html`<details class="metadata"><summary>${words.leftOut} <small>${notes.length}</small></summary>
    <ul>${notes.map((note) => html`<li>${note}</li>`)}</ul></details>`;
}
