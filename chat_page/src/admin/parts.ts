// Small parts that several tabs of the administration share.

import type { TemplateResult } from "lit";
import { html } from "lit";
import { language } from "../i18n/translation.ts";
import { words } from "./strings.ts";

export function failure(text: string, retry: () => void): TemplateResult {
  return html`<div class="alert" role="alert"><p>${text}</p><button type="button"
    @click=${retry}>${words.tryAgain}</button></div>`;
}

export const loading = (): TemplateResult => html`<p role="status">${words.loading}</p>`;

export const moment = (at: string): string =>
  new Date(at).toLocaleString(language(), { dateStyle: "medium", timeStyle: "short" });

export const grouped = (number: number): string => number.toLocaleString(language());

export function size(bytes: number): string {
  const options = { style: "unit", unit: "megabyte", maximumFractionDigits: 1 } as const;
  return (bytes / 1_000_000).toLocaleString(language(), options);
}

export interface Column {
  label: string;
  number?: boolean;
}

// On narrow screens each row is a block of its own: no table for browsers any more, so roles are named.
export function table(label: string, columns: Column[], rows: unknown[][]): TemplateResult {
  const kind = (place: number): string => (columns[place]?.number ? "number" : "");
  const cell = (value: unknown, place: number): TemplateResult =>
    html`<td role="cell" class=${kind(place)} data-label=${columns[place]?.label ?? ""}
      ><div>${value}</div></td>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}><table role="table">
    <thead role="rowgroup"><tr role="row">${columns.map(
      ({ label }, place) => html`<th scope="col" role="columnheader" class=${kind(place)}>${label}</th>`,
    )}</tr></thead>
    <tbody role="rowgroup">${rows.map((row) => html`<tr role="row">${row.map(cell)}</tr>`)}</tbody>
    </table></div>`;
}
