// The collections and the documents in them.

import type { PropertyValues, TemplateResult } from "lit";
import { html, LitElement, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { fill } from "../i18n/translation.ts";
import { icons } from "../ui/icons.ts";
import { sentenceOf } from "./api.ts";
import type { KnowledgeContext } from "./context.ts";
import { ago, kind } from "./formats.ts";
import { addressOf } from "./route.ts";
import { command, documents, failure, loading, placeName } from "./shared-parts.ts";
import { words } from "./strings.ts";
import { knowledgeStyles } from "./styles.ts";
import type { DocumentEntry } from "./types.ts";

const PAGE = 50;
// Milliseconds of rest before the service is asked.
const PAUSE = 200;

export class KnowledgeDocuments extends LitElement {
  static override styles = knowledgeStyles;
  static override properties = {
    context: { attribute: false },
    values: { attribute: false },
    version: { type: Number },
  };

  declare context: KnowledgeContext;
  declare values: Record<string, string>;
  declare version: number;
  private entries: DocumentEntry[] = [];
  private cursor: string | null = null;
  private loading = true;
  private failure = "";
  private asked = "";
  private turn = 0;
  private timer = 0;

  protected override willUpdate(_changed: PropertyValues): void {
    const asked = JSON.stringify([this.values, this.version]);
    if (asked === this.asked) return;
    this.asked = asked;
    void this.load(false);
  }

  override disconnectedCallback(): void {
    clearTimeout(this.timer);
    super.disconnectedCallback();
  }

  protected override render(): TemplateResult {
    return html`<div class="shelf">${this.side()}<section class="list"
      aria-label=${words.documents}>${this.tools()}${this.body()}</section></div>`;
  }

  private side(): TemplateResult {
    const all = this.context.collections.reduce((sum, { documents }) => sum + documents, 0);
    const current = this.values["collection"] ?? "";
    const entry = (name: string, label: string, count: number) =>
      html`<li><a href=${this.address({ collection: name })}
        aria-current=${name === current ? "true" : nothing}>
        ${name ? icons.folder : icons.file}<span>${label}</span><small
          aria-label=${documents(count)}>${count.toLocaleString(this.context.locale)}</small></a></li>`;
    return html`<nav class="side" aria-label=${words.collections}><h2>${words.collections}</h2>
      <ul>${entry("", words.allCollections, all)}${this.context.collections.map(({ name, documents }) =>
        entry(name, placeName(name), documents),
      )}</ul></nav>`;
  }

  private tools(): TemplateResult {
    return html`<div class="tools"><label class="find">${icons.search}<span
      class="unseen">${words.filter}</span>
        <input type="search" placeholder=${words.filter} maxlength="200" .value=${this.values["q"] ?? ""}
          @input=${this.type}></label>
      <span class="count" role="status">${this.loading ? "" : this.countText()}</span></div>`;
  }

  // A cursor says that there are more than are here.
  private countText(): string {
    const { length } = this.entries;
    return this.cursor ? fill(words.countDocuments, { count: `${length}+` }) : documents(length);
  }

  private body(): TemplateResult {
    if (this.failure) return failure(this.failure, () => void this.load(false));
    if (!this.entries.length) return this.loading ? loading() : this.empty();
    return html`<div class="scroll"><table class="documents" aria-busy=${String(this.loading)}
      @keydown=${this.walk}>
        <thead><tr>${this.head("source", words.title)}${
          this.values["collection"]
            ? nothing
            : html`<th scope="col" class="wide wider">${words.collection}</th>`
        }
          <th scope="col" class="wide">${words.type}</th><th scope="col"
            class="number">${words.passages}</th>${this.head("newest", words.updated)}</tr></thead>
        <tbody>${repeat(
          this.entries,
          (entry) => entry.document_id,
          (entry) => this.row(entry),
        )}</tbody>
      </table></div>
      ${
        this.cursor
          ? html`<button type="button" class="more" ?disabled=${this.loading}
            @click=${() => void this.load(true)}>${words.moreDocuments}</button>`
          : nothing
      }`;
  }

  private head(sort: string, label: string): TemplateResult {
    const current = (this.values["sort"] ?? "source") === sort;
    const [direction, arrow] = sort === "newest" ? ["descending", "↓"] : ["ascending", "↑"];
    return html`<th scope="col" aria-sort=${current ? direction : nothing}><button type="button" class="sort"
      @click=${() => this.context.go(this.address({ sort }))}>
      ${label}<span aria-hidden="true">${current ? arrow : ""}</span></button></th>`;
  }

  private row(entry: DocumentEntry): TemplateResult {
    const href = addressOf("document", {}, String(entry.document_id));
    const { locale } = this.context;
    return html`<tr><td class="name"><a href=${href}>${entry.title || entry.source}</a><small
      title=${entry.source}>${entry.source}</small></td>
      ${
        this.values["collection"] ? nothing : html`<td class="wide wider">${placeName(entry.collection)}</td>`
      }
      <td class="wide" title=${entry.media_type}>${kind(entry.media_type)}</td><td
        class="number">${entry.chunks.toLocaleString(this.context.locale)}</td>
      <td class="when"><time datetime=${entry.updated_at}
        title=${new Date(entry.updated_at).toLocaleString(locale)}>
        ${ago(entry.updated_at, locale)}</time></td></tr>`;
  }

  private empty(): TemplateResult {
    const filtered = this.values["q"];
    if (filtered) {
      return html`<div class="empty"><p>${words.noneFits}</p>
        <button type="button"
          @click=${() => this.context.go(this.address({ q: "" }))}>${words.clearFilter}</button></div>`;
    }
    return html`<div class="empty"><p><b>${words.noDocuments}</b></p><p>${words.howToIngest}</p>
      ${command("owflex ingest ./my-documents", this.context.copy)}${
        this.context.rights.uploads ? html`<p>${words.orDrop}</p>` : nothing
      }</div>`;
  }

  private address(changes: Record<string, string>): string {
    return addressOf("documents", { ...this.values, ...changes });
  }

  private readonly type = (event: Event): void => {
    const q = (event.target as HTMLInputElement).value;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.context.go(this.address({ q }), true), PAUSE);
  };

  // Arrow keys go from row to row.
  private readonly walk = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const links = [...this.renderRoot.querySelectorAll<HTMLElement>("tbody a")];
    const place = links.indexOf(event.target as HTMLElement);
    if (!step || place < 0) return;
    event.preventDefault();
    links[place + step]?.focus();
  };

  private async load(more: boolean): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    this.loading = true;
    this.failure = "";
    this.requestUpdate();
    try {
      const { collection, q, sort } = this.values;
      const page = await this.context.api.documents({
        collection,
        query: q,
        sort,
        limit: PAGE,
        cursor: more ? this.cursor : null,
      });
      if (turn !== this.turn) return;
      this.entries = more ? [...this.entries, ...page.documents] : page.documents;
      this.cursor = page.next_cursor;
      if (more) this.context.announce(fill(words.shown, { count: this.entries.length }));
    } catch (error) {
      if (turn !== this.turn) return;
      this.failure = sentenceOf(error);
    }
    this.loading = false;
    this.requestUpdate();
  }
}
