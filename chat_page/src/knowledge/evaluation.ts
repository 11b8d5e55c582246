// What `owflex evaluate` measured.

import type { PropertyValues, TemplateResult } from "lit";
import { html, LitElement, nothing } from "lit";
import { fill } from "../i18n/translation.ts";
import { sentenceOf } from "./api.ts";
import type { KnowledgeContext } from "./context.ts";
import { decimal } from "./formats.ts";
import { curve, histogram } from "./plots.ts";
import { addressOf } from "./route.ts";
import { bar, command, failure, loading } from "./shared-parts.ts";
import { words } from "./strings.ts";
import { knowledgeStyles } from "./styles.ts";
import type { Detection, Histogram, Interval, Report, ReportHead } from "./types.ts";

export class KnowledgeEvaluation extends LitElement {
  static override styles = knowledgeStyles;
  static override properties = { context: { attribute: false }, name: { type: String } };

  declare context: KnowledgeContext;
  declare name: string;
  private heads: ReportHead[] | null = null;
  private report: Report | null = null;
  private failure = "";
  private shown: string | null = null;

  protected override willUpdate(_changed: PropertyValues): void {
    if (this.shown === this.name) return;
    this.shown = this.name;
    void this.load();
  }

  protected override render(): TemplateResult {
    if (this.failure) return html`<div class="lab">${failure(this.failure, () => void this.load())}</div>`;
    if (!this.heads) return html`<div class="lab">${loading()}</div>`;
    if (!this.heads.length) return this.empty();
    const figures = this.report ? this.figures(this.report) : loading();
    return html`<div class="lab">${this.choice(this.heads)}${figures}</div>`;
  }

  private empty(): TemplateResult {
    return html`<div class="lab"><div
      class="empty"><p><b>${words.noReports}</b></p><p>${words.noReportsHow}</p>
      ${command("owflex evaluate make --questions 50 --output questions.jsonl", this.context.copy)}
      ${command("owflex evaluate questions.jsonl", this.context.copy)}</div></div>`;
  }

  private choice(heads: ReportHead[]): TemplateResult {
    const pick = (event: Event) =>
      this.context.go(addressOf("evaluation", { name: (event.target as HTMLSelectElement).value }));
    return html`<div class="tools"><label class="field inline"><span>${words.reports}</span><select
      @change=${pick}>
      ${heads.map(
        (head) =>
          html`<option value=${head.name}
            ?selected=${head.name === this.report?.name}>${this.labelOf(head)}</option>`,
      )}</select></label></div>`;
  }

  private labelOf(head: ReportHead): string {
    const moment = head.measured_at
      ? new Date(head.measured_at).toLocaleString(this.context.locale, {
          dateStyle: "medium",
          timeStyle: "short",
        })
      : head.name;
    return [moment, head.collection, modeOf(head)].filter(Boolean).join(" · ");
  }

  private figures(report: Report): TemplateResult {
    const { by_confidence: confidence = null, by_similarity: similarity = null } = report.in_documents ?? {};
    const figure = (label: string, value: string, note = "") =>
      html`<div><dt>${label}</dt><dd
        ?data-word=${!note}>${value} ${note ? html`<small>${note}</small>` : nothing}</dd></div>`;
    const answerable = fill(words.ofThemAnswerable, { count: report.answerable ?? 0 });
    const { histograms } = report;
    return html`<dl class="tiles">
        ${figure(words.questions, String(report.questions ?? "–"), answerable)}
        ${figure(words.mode, modeOf(report) || "–")}${figure(words.model, report.model ?? "–")}
        ${figure(words.collection, report.collection ?? words.allCollections)}</dl>
      <h2>${words.ranking}</h2>${this.metrics(report.metrics ?? {})}
      <h2>${words.detection}</h2>
      <div class="pair">${detection(words.byConfidence, confidence, histograms?.confidence)}
        ${detection(words.bySimilarity, similarity, histograms?.similarity)}</div>`;
  }

  private metrics(metrics: Record<string, Interval>): TemplateResult {
    const rows = Object.entries(metrics);
    if (!rows.length) return html`<p class="soft">${words.noFigures}</p>`;
    return html`<div class="scroll panel"><table class="figures metrics"><thead><tr><th
      scope="col">${words.metric}</th><th scope="col" class="number">${words.value}</th>
        <th scope="col" class="wide"><span class="unseen">${words.value}</span></th><th scope="col"
          class="number">${words.interval}</th></tr></thead>
      <tbody>${rows.map(
        ([
          name,
          { value, low, high },
        ]) => html`<tr><th scope="row">${name}</th><td class="number"><b>${decimal(value)}</b></td>
        <td class="wide">${bar(value ?? 0)}</td><td
          class="number soft">${decimal(low)} – ${decimal(high)}</td></tr>`,
      )}</tbody></table></div>`;
  }

  private async load(): Promise<void> {
    this.failure = "";
    this.requestUpdate();
    const wanted = this.name;
    try {
      const heads = await this.context.api.reports();
      const name = wanted || heads[0]?.name;
      const report = name ? await this.context.api.report(name) : null;
      if (wanted !== this.name) return;
      this.heads = heads;
      this.report = report;
    } catch (error) {
      this.failure = sentenceOf(error);
    }
    this.requestUpdate();
  }
}

const modeOf = (head: ReportHead): string =>
  words.modes[head.mode as keyof typeof words.modes] ?? head.mode ?? "";

function detection(
  title: string,
  found: Detection | null,
  counts: Histogram | null | undefined,
): TemplateResult {
  const none = { value: null, low: null, high: null };
  return html`<section class="panel"><h3 class="big">${title}</h3>
    ${found ? scores(found) : html`<p class="soft">${words.oneClass}</p>`}
    ${found?.curve.length ? curve(found.curve, found.threshold, words.curve) : nothing}
    ${counts ? histogram(counts, found?.threshold ?? none, words.histogram) : nothing}</section>`;
}

function scores(found: Detection): TemplateResult {
  const { value, low, high } = found.threshold;
  const entries = [
    [words.averagePrecision, decimal(found.average_precision)],
    [words.rocAuc, decimal(found.roc_auc)],
    [words.bestThreshold, `${decimal(value)} (${decimal(low)} – ${decimal(high)})`],
    [words.bestF1, decimal(found.best_f1)],
    [words.precision, decimal(found.precision)],
    [words.recall, decimal(found.recall)],
  ];
  return html`<dl class="scores">${entries.map(
    ([label, figure]) => html`<dt>${label}</dt><dd>${figure}</dd>`,
  )}</dl>`;
}
