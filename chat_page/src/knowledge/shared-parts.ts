// Small parts that several views of the knowledge view share.

import type { TemplateResult } from "lit";
import { html, nothing, svg } from "lit";
import { fill } from "../i18n/translation.ts";
import { confirm as ask } from "../ui/confirm.ts";
import { OWN, words } from "./strings.ts";

export const passages = (count: number): string =>
  count === 1 ? words.onePassage : fill(words.countPassages, { count });

export const placeName = (collection: string): string =>
  collection === OWN ? words.ownDocuments : collection;
export const documents = (count: number): string =>
  count === 1 ? words.oneDocument : fill(words.countDocuments, { count });

export function failure(text: string, retry: () => void): TemplateResult {
  return html`<div class="failure" role="alert"><p>${text}</p><button type="button"
    @click=${retry}>${words.tryAgain}</button></div>`;
}

export const loading = (): TemplateResult => html`<p class="loading" role="status">${words.loading}</p>`;

// A command to copy: what is typed on the machine that runs the service.
export function command(text: string, copy: (text: string) => void): TemplateResult {
  return html`<div class="command"><code>${text}</code><button type="button" class="quiet"
    @click=${() => copy(text)}>${words.copy}</button></div>`;
}

// A horizontal bar from 0 to 1, with a mark where something begins to count.
export function bar(value: number, mark?: number): TemplateResult {
  const share = (part: number) => `${Math.min(Math.max(part, 0), 1) * 100}%`;
  return html`<svg class="bar" height="8" aria-hidden="true"><rect class="track" width="100%" height="8"
    rx="4"></rect>
    <rect class="fill" width=${share(value)} height="8" rx="4"></rect>
    ${
      mark === undefined
        ? nothing
        : svg`<svg x=${share(mark)} overflow="visible"><rect class="mark" x="-1" width="2"
          height="8"></rect></svg>`
    }</svg>`;
}

// Without `yes` there is only something to read.
export const confirm = (
  host: ShadowRoot,
  title: string,
  text: string,
  yes: string | null,
): Promise<boolean> => ask(host, { title, text, yes, no: yes ? words.cancel : words.close });
