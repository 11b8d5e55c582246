// The app of search_documents: cards of what was found, and the document around each.

import { html, nothing, type TemplateResult } from "lit";
import { fill } from "../i18n/translation.ts";
import { unfenced } from "../markdown/matched-words.ts";
import { App, sourceOf } from "./app.ts";
import { PassageView } from "./passage-view.ts";
import { snippet, stemsOf } from "./snippet.ts";
import { strings } from "./strings.ts";
import type { Hit, SearchResult } from "./types.ts";

// Below it the server says that the results probably do not answer.
const DOUBTFUL = 0.3;
const MATCHED = "owflex/matched";

class SearchApp extends App {
  private found: SearchResult | undefined;
  private matched: Record<string, string[]> = {};
  private opened: PassageView | undefined;
  private openedAt = 0;

  protected take(answer: unknown, meta: Record<string, unknown>): void {
    const found = answer as SearchResult;
    const { results, text_marker } = found;
    const plain = results.map((hit) => ({ ...hit, content: unfenced(hit.content, text_marker) }));
    this.found = { ...found, results: plain };
    this.matched = (meta[MATCHED] ?? {}) as Record<string, string[]>;
    this.opened = undefined;
  }

  protected view(): TemplateResult {
    return this.opened?.view(() => this.close()) ?? this.cards();
  }

  private cards(): TemplateResult {
    const { results = [], searched, confidence = 1 } = this.found ?? {};
    const count = results.length === 1 ? strings.foundOne : fill(strings.found, { count: results.length });
    return html`<h1>${strings.results}${
      results.length ? html` <span class="soft count">${count}</span>` : nothing
    }</h1>
      ${this.remarks(searched, results.length > 0 && confidence < DOUBTFUL)}
      ${results.length ? nothing : html`<p class="instead">${strings.nothingFound}</p>`}
      <ol class="cards">${results.map((hit, index) => this.card(hit, index + 1))}</ol>`;
  }

  private remarks(searched: SearchResult["searched"] | undefined, isDoubtful: boolean): TemplateResult[] {
    const { corrected = {}, missing = [], waits_for } = searched ?? {};
    const said = [
      ...Object.entries(corrected).map(([asked, used]) => fill(strings.corrected, { asked, used })),
      ...(missing.length
        ? [fill(strings.missing, { words: missing.map((word) => `“${word}”`).join(", ") })]
        : []),
      ...(isDoubtful ? [strings.doubtful] : []),
      ...(waits_for ? [strings.incomplete] : []),
    ];
    return said.map((text) => html`<p class="remark">${text}</p>`);
  }

  private card(hit: Hit, number: number): TemplateResult {
    const title = hit.title || hit.source;
    const places = [...hit.heading_path.filter((heading) => heading !== hit.title)];
    const page = hit.page === null ? "" : fill(strings.page, { page: hit.page });
    const place = [places.join(" › "), page].filter(Boolean).join(" · ");
    return html`<li class="card">
      <h2>${title}</h2>
      <p class="place">${place ? html`<span>${place}</span> · ` : nothing}${sourceOf(hit.source)}</p>
      <p class="snippet">${snippet(hit.content, this.stems(hit)).map((piece) =>
        piece.hit ? html`<mark>${piece.text}</mark>` : piece.text,
      )}</p>
      ${
        this.host.callsTools
          ? html`<button type="button" id="open-${hit.chunk_id}" @click=${() => this.open(hit)}
            aria-label=${fill(strings.openPassageOf, { number, title })}>${strings.openPassage}</button>`
          : nothing
      }</li>`;
  }

  private stems(hit: Hit): string[] {
    return this.matched[hit.chunk_id] ?? stemsOf(String(this.args["query"] ?? ""));
  }

  private async open(hit: Hit): Promise<void> {
    this.opened = await PassageView.open(this, hit.chunk_id, this.stems(hit));
    if (!this.opened) return;
    this.openedAt = hit.chunk_id;
    this.draw();
    document.getElementById("title")?.focus();
  }

  private close(): void {
    this.opened = undefined;
    this.say(undefined);
    document.getElementById(`open-${this.openedAt}`)?.focus();
  }
}

const root = document.getElementById("app");
if (root) void new SearchApp(root).start();
