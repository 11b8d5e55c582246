// A chart of a card, as a table: everybody can read it.

import type { TemplateResult } from "lit";
import { html } from "lit";
import type { Widget } from "../protocol/types.ts";

export function chart(widget: Widget): TemplateResult {
  const axis =
    typeof widget.xAxis === "string" ? { dataKey: widget.xAxis } : (widget.xAxis ?? { dataKey: "" });
  const names = "labels" in axis ? (axis.labels ?? {}) : {};
  const series = widget.series ?? [];
  const rows = widget.data ?? [];
  const label = (value: unknown) => names[String(value)] ?? String(value ?? "");
  return html`<div class="table" tabindex="0"><table>
    <thead><tr><th scope="col">${axis.dataKey}</th>${series.map(
      (one) => html`<th
      scope="col">${one.label ?? one.dataKey}</th>`,
    )}</tr></thead>
    <tbody>${rows.map(
      (row) => html`<tr><th scope="row">${label(row[axis.dataKey])}</th>
      ${series.map(
        ({ dataKey }) =>
          html`<td>${row[dataKey] ?? ""}<meter min="0" max=${biggest(rows, dataKey)}
            .value=${Number(row[dataKey]) || 0} aria-hidden="true"></meter></td>`,
      )}</tr>`,
    )}</tbody>
  </table></div>`;
}

const biggest = (rows: Record<string, string | number>[], key: string): number =>
  Math.max(1, ...rows.map((row) => Number(row[key]) || 0));
