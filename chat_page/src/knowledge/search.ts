// The playground: what a question finds, why, and what another threshold would let through.

import type { PropertyValues, TemplateResult } from "lit";
import { html, LitElement, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { fill } from "../i18n/translation.ts";
import { sentenceOf } from "./api.ts";
import type { KnowledgeContext } from "./context.ts";
import { decimal } from "./formats.ts";
import { hitCard } from "./hit-card.ts";
import { strip } from "./plots.ts";
import { addressOf } from "./route.ts";
import { failure, loading, passages, placeName } from "./shared-parts.ts";
import { words } from "./strings.ts";
import { knowledgeStyles } from "./styles.ts";
import type { Judged } from "./threshold.ts";
import { judged } from "./threshold.ts";
import type { SearchAnswer } from "./types.ts";

const LIMITS = [5, 10, 20];
const LIMIT = 10;

// One search in three ways: as the service does it, without a threshold, with one that only words can pass.
interface Outcome {
  usual: SearchAnswer;
  all: SearchAnswer;
  byWords: SearchAnswer;
}

export class KnowledgeSearch extends LitElement {
  static override styles = knowledgeStyles;
  static override properties = { context: { attribute: false }, values: { attribute: false } };

  declare context: KnowledgeContext;
  declare values: Record<string, string>;
  private outcome: Outcome | null = null;
  private threshold: number | null = null;
  private failure = "";
  private busy = false;
  private asked = "";
  private turn = 0;
  private readonly opened = new Set<number>();

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("values")) this.threshold = numberIn(this.values["t"]);
    const asked = JSON.stringify([this.values["q"], this.values["collection"], this.values["limit"]]);
    if (asked === this.asked) return;
    this.asked = asked;
    void this.search();
  }

  protected override render(): TemplateResult {
    return html`<div class="lab">${this.form()}
      ${this.failure ? failure(this.failure, () => void this.search()) : nothing}
      ${this.busy ? loading() : nothing}
      ${this.outcome && !this.busy ? this.found(this.outcome) : nothing}
      ${
        !this.outcome && !this.busy && !this.failure
          ? html`<p class="soft intro">${words.searchIntro}</p>`
          : nothing
      }</div>`;
  }

  private form(): TemplateResult {
    const { q = "", collection = "", limit = String(LIMIT) } = this.values;
    return html`<form class="question" @submit=${this.submit} aria-label=${words.settings}>
      <input type="search" name="q" required maxlength="6000" placeholder=${words.question}
        aria-label=${words.question} autocomplete="off" .value=${q}>
      <select name="collection" aria-label=${words.collection} @change=${this.submit}>
        <option value="" ?selected=${!collection}>${words.allCollections}</option>
        ${this.context.collections.map(
          ({ name }) =>
            html`<option value=${name} ?selected=${name === collection}>${placeName(name)}</option>`,
        )}</select>
      <select name="limit" aria-label=${words.limit} @change=${this.submit}>
        ${LIMITS.map(
          (count) =>
            html`<option value=${count}
              ?selected=${String(count) === limit}>${words.limit}: ${count}</option>`,
        )}</select>
      <button class="primary">${words.searchNow}</button></form>`;
  }

  private found({ usual, all, byWords }: Outcome): TemplateResult {
    const shipped = usual.below_threshold.threshold;
    const threshold = this.threshold ?? shipped;
    const hits = judged(all.results, byWords.results, threshold);
    const passing = hits.filter(({ passes }) => passes);
    const held = hits.filter(({ passes }) => !passes);
    if (!hits.length)
      return html`<div class="empty"><p><b>${words.nothingFound}</b></p><p>${usual.hint ?? ""}</p></div>`;
    return html`${this.figures(usual, passing, held)}
      <div class="panel">${this.slider(threshold, shipped)}${strip(hits, threshold)}</div>
      ${all.hint ? html`<p class="soft">${all.hint}</p>` : nothing}
      ${
        passing.length
          ? this.list(passing, all, threshold)
          : html`<div class="empty"><p><b>${words.nothingPasses}</b></p>
        ${usual.results.length ? nothing : html`<p>${usual.hint ?? ""}</p>`}</div>`
      }
      ${
        held.length
          ? html`<details class="held"
            ?open=${!passing.length}><summary>${words.heldBackTitle} <small>${held.length}</small></summary>
            ${this.list(held, all, threshold)}</details>`
          : nothing
      }`;
  }

  private figures(usual: SearchAnswer, passing: Judged[], held: Judged[]): TemplateResult {
    const best = held.length
      ? fill(words.bestBelow, { value: decimal(Math.max(...held.map(({ similarity }) => similarity)), 2) })
      : "";
    const mode = words.modes[usual.searched.mode as keyof typeof words.modes] ?? usual.searched.mode;
    const figure = (label: string, value: string, note: string) =>
      html`<div><dt>${label}</dt><dd>${value} <small>${note}</small></dd></div>`;
    const found = fill(words.ofFound, { all: passing.length + held.length });
    return html`<dl class="tiles">
      ${figure(words.passing, String(passing.length), found)}
      ${figure(words.belowCount, String(held.length), best)}
      ${figure(words.confidence, decimal(usual.confidence, 2), words.confidenceNote)}
      ${figure(words.searchedPassages, passages(usual.searched.chunks), mode)}</dl>`;
  }

  private slider(threshold: number, shipped: number): TemplateResult {
    const changed = Math.abs(threshold - shipped) > 0.0001;
    return html`<div class="slide"><label
      for="threshold">${words.threshold} <output>${threshold.toFixed(2)}</output></label>
      <input id="threshold" type="range" min="0" max="1" step="0.01" .value=${String(threshold)}
        @input=${this.slide} @change=${this.keepThreshold}>
      ${
        changed
          ? html`<button type="button" class="quiet"
            @click=${() => this.context.go(this.address({ t: "" }), true)}>
            ${fill(words.resetThreshold, { value: shipped.toFixed(2) })}</button>`
          : html`<span class="soft">${words.inUse}</span>`
      }</div>`;
  }

  private list(hits: Judged[], { text_marker: marker }: SearchAnswer, threshold: number): TemplateResult {
    const best = Math.max(...(this.outcome?.all.results.map(({ score }) => score) ?? []), 0.0001);
    return html`<ol class="hits">${repeat(
      hits,
      (hit) => hit.chunk_id,
      (hit) =>
        hitCard(hit, {
          marker,
          threshold,
          best,
          open: this.opened.has(hit.chunk_id),
          toggle: () => this.toggle(hit.chunk_id),
        }),
    )}</ol>`;
  }

  private toggle(id: number): void {
    if (!this.opened.delete(id)) this.opened.add(id);
    this.requestUpdate();
  }

  private readonly slide = (event: Event): void => {
    this.threshold = Number((event.target as HTMLInputElement).value);
    this.requestUpdate();
  };

  private readonly keepThreshold = (): void =>
    this.context.go(this.address({ t: this.threshold?.toFixed(2) ?? "" }), true);

  private readonly submit = (event: Event): void => {
    event.preventDefault();
    const form = this.renderRoot.querySelector("form") as HTMLFormElement;
    const { q, collection, limit } = Object.fromEntries(
      [...new FormData(form)].map(([name, value]) => [name, String(value).trim()]),
    );
    if (!q) return;
    const address = this.address({
      q,
      collection: collection ?? "",
      limit: limit === String(LIMIT) ? "" : (limit ?? ""),
    });
    // The same question once more is asked anew.
    if (address === location.hash) void this.search();
    else this.context.go(address);
  };

  private address(changes: Record<string, string>): string {
    return addressOf("search", { ...this.values, ...changes });
  }

  private async search(): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    const { q, collection, limit } = this.values;
    this.outcome = q ? this.outcome : null;
    this.failure = "";
    if (!q) return this.requestUpdate();
    this.busy = true;
    this.requestUpdate();
    const question = {
      query: q.slice(0, 6000),
      limit: Number(limit) || LIMIT,
      ...(collection ? { collection } : {}),
    };
    try {
      const ask = (more: object) => this.context.api.search({ ...question, ...more });
      const [usual, all, byWords] = await Promise.all([
        ask({}),
        ask({ min_similarity: 0 }),
        ask({ min_similarity: 1 }),
      ]);
      if (turn !== this.turn) return;
      this.outcome = { usual, all, byWords };
      this.context.announce(fill(words.announceFound, { count: usual.results.length }));
    } catch (error) {
      if (turn !== this.turn) return;
      this.outcome = null;
      this.failure = sentenceOf(error);
    }
    this.busy = false;
    this.requestUpdate();
  }
}

function numberIn(text: string | undefined): number | null {
  const value = Number(text);
  return text && value >= 0 && value <= 1 ? value : null;
}
