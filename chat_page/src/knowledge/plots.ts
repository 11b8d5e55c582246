// The plots, as wide as their place: x is in percent, so that words and dots keep their size. Each has a
// table beside it.

import type { SVGTemplateResult, TemplateResult } from "lit";
import { html, nothing, svg } from "lit";
import { fill } from "../i18n/translation.ts";
import { decimal } from "./formats.ts";
import { words } from "./strings.ts";
import type { Judged } from "./threshold.ts";
import { rows } from "./threshold.ts";
import type { CurvePoint, Histogram, Interval } from "./types.ts";

const DOT = 5;
const ROW = 13;
// Dots nearer than this part of the width are stacked.
const NEAR = 0.022;
const CURVE_HEIGHT = 180;
const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];

const at = (value: number): string => `${Math.min(Math.max(value, 0), 1) * 100}%`;

export function strip(hits: Judged[], threshold: number): TemplateResult {
  const places = rows(
    hits.map(({ similarity }) => similarity),
    NEAR,
  );
  const height = Math.max(4, ...places.map((row) => row + 1)) * ROW + 8;
  const passing = hits.filter(({ passes }) => passes).length;
  const label = fill(words.plot, { passing, all: hits.length, threshold: threshold.toFixed(2) });
  return html`<figure class="plot flat">
    <svg role="img" aria-label=${label} height=${height} overflow="visible">
      <rect class="open" x=${at(threshold)} width=${at(1 - threshold)} height=${height}></rect>
      ${xAxis(height)}
      ${hits.map((hit, place) => dot(hit, height - 8 - (places[place] ?? 0) * ROW))}
      ${limit(threshold, height, threshold.toFixed(2))}
    </svg>
    <figcaption><span class="key"><i class="dot"></i>${words.passes}</span><span class="key"><i
      class="dot square"></i>${words.passesByWords}</span>
      <span class="key"><i class="dot hollow"></i>${words.heldBack}</span></figcaption></figure>
    ${asTable(
      [words.passage, words.similarity, words.passesColumn],
      hits.map((hit) => [hit.title, decimal(hit.similarity), verdict(hit)]),
    )}`;
}

export const verdict = (hit: Judged): string =>
  !hit.passes ? words.no : hit.byWords ? words.byWordsYes : words.yes;

function dot(hit: Judged, y: number): SVGTemplateResult {
  const title = svg`<title>${hit.title} · ${decimal(hit.similarity)}</title>`;
  if (hit.byWords) {
    // A nested picture moves the square's middle onto its place.
    return svg`<svg x=${at(hit.similarity)} y=${y} overflow="visible"><rect class="dot pass" x=${-DOT}
      y=${-DOT} width=${DOT * 2} height=${DOT * 2}>${title}</rect></svg>`;
  }
  return svg`<circle class="dot ${hit.passes ? "pass" : "held"}" cx=${at(hit.similarity)} cy=${y}
    r=${DOT}>${title}</circle>`;
}

export function curve(points: CurvePoint[], threshold: Interval, label: string): TemplateResult {
  const line = (name: "precision" | "recall" | "f1") =>
    svg`<polyline class=${name} points=${points
      .map((point) => `${clamped(point.threshold)},${100 - point[name] * 100}`)
      .join(" ")}></polyline>`;
  const table = points.map((point) =>
    [point.threshold, point.precision, point.recall, point.f1].map((value) => decimal(value)),
  );
  return html`<figure class="plot"><h4>${label}</h4>
    <svg role="img" aria-label=${label} height=${CURVE_HEIGHT} overflow="visible">
      ${band(threshold, CURVE_HEIGHT)}${yAxis(CURVE_HEIGHT)}${xAxis(CURVE_HEIGHT)}
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%"
        height=${CURVE_HEIGHT}>${line("f1")}${line("recall")}${line("precision")}</svg>
      ${limitOf(threshold, CURVE_HEIGHT)}
    </svg>
    <figcaption>${(["precision", "recall", "f1"] as const).map(
      (name) => html`<span class="key"><i class="line ${name}"></i>${words[name]}</span>`,
    )}</figcaption></figure>
    ${asTable([words.bestThreshold, words.precision, words.recall, words.f1], table)}`;
}

export function histogram(counts: Histogram, threshold: Interval, label: string): TemplateResult {
  const most = Math.max(1, ...counts.answerable, ...counts.unanswerable);
  const height = CURVE_HEIGHT;
  const bars = (values: number[], kind: string, shift: number) =>
    values.map((count, place) => {
      const [from, to] = [counts.edges[place] ?? 0, counts.edges[place + 1] ?? 1];
      const [tall, wide] = [(count / most) * height, (to - from) * 0.4];
      return svg`<rect class=${kind} x=${at(from + (to - from) * shift)} width=${at(wide)} y=${height - tall}
        height=${tall}><title>${count}</title></rect>`;
    });
  const table = counts.edges
    .slice(0, -1)
    .map((from, place) => [
      decimal(from, 2),
      decimal(counts.edges[place + 1], 2),
      String(counts.answerable[place] ?? 0),
      String(counts.unanswerable[place] ?? 0),
    ]);
  return html`<figure class="plot"><h4>${label}</h4>
    <svg role="img" aria-label=${label} height=${height}
      overflow="visible">${xAxis(height)}${countAxis(most, height)}
      ${bars(counts.answerable, "answerable", 0.08)}${bars(counts.unanswerable, "unanswerable", 0.52)}
      ${limitOf(threshold, height)}</svg>
    <figcaption><span class="key"><i class="box answerable"></i>${words.answerable}</span><span class="key"><i
      class="box unanswerable"></i>${words.unanswerable}</span></figcaption></figure>
    ${asTable([words.from, words.to, words.answerable, words.unanswerable], table)}`;
}

export function asTable(heads: string[], cells: string[][]): TemplateResult {
  return html`<details class="behind"><summary>${words.asTable}</summary><div class="scroll"
    tabindex="0"><table class="figures">
    <thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
    <tbody>${cells.map(
      (row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`,
    )}</tbody></table></div></details>`;
}

const clamped = (value: number): number => Math.min(Math.max(value, 0), 1) * 100;

function xAxis(height: number): SVGTemplateResult {
  return svg`<line class="axis" x1="0" x2="100%" y1=${height} y2=${height}></line>
    ${TICKS.map(
      (tick) => svg`<text x=${at(tick)} y=${height + 16} text-anchor=${anchor(tick)}>${tick}</text>`,
    )}`;
}

const anchor = (tick: number): string => (tick === 1 ? "end" : tick === 0 ? "start" : "middle");

function yAxis(height: number): SVGTemplateResult[] {
  return [0, 0.5, 1].map((tick) => grid((1 - tick) * height, String(tick)));
}

function countAxis(most: number, height: number): SVGTemplateResult[] {
  return [grid(0, String(most)), grid(height, "0")];
}

function grid(y: number, label: string): SVGTemplateResult {
  return svg`<line class="grid" x1="0" x2="100%" y1=${y} y2=${y}></line><text x="-6" y=${y + 4}
    text-anchor="end">${label}</text>`;
}

function limitOf({ value }: Interval, height: number): SVGTemplateResult | typeof nothing {
  return value === null ? nothing : limit(value, height, decimal(value, 2));
}

function limit(value: number, height: number, label: string): SVGTemplateResult {
  return svg`<line class="limit" x1=${at(value)} x2=${at(value)} y1="-4" y2=${height}></line>
    <text class="limit" x=${at(value)} y="-8"
      text-anchor=${value > 0.9 ? "end" : value < 0.1 ? "start" : "middle"}>${label}</text>`;
}

function band(threshold: Interval, height: number): SVGTemplateResult | typeof nothing {
  if (threshold.low === null || threshold.high === null) return nothing;
  return svg`<rect class="open" x=${at(threshold.low)} width=${at(threshold.high - threshold.low)}
    height=${height}></rect>`;
}
