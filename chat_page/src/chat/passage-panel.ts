// The panel that shows a cited passage where it stands in its document.

import type { PropertyValues, TemplateResult } from "lit";
import { html, LitElement, nothing } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { strings } from "../i18n/strings.ts";
import { toHtml } from "../markdown/render.ts";
import { proseStyles } from "../markdown/styles.ts";
import type { Api } from "../protocol/api.ts";
import { jsonOf } from "../protocol/texts.ts";
import type { Source } from "../protocol/types.ts";
import { icons } from "../ui/icons.ts";
import { isWeb } from "../ui/pictures.ts";
import { passageOf } from "./citations.ts";
import { passageStyles } from "./passage-styles.ts";

const AROUND = 5;
const FENCED = /^<(document-text-[0-9a-f]+)>\n([\s\S]*)\n<\/\1>$/;

interface Chunk {
  chunk_id: number;
  position: number;
  heading_path: string[];
  page?: number | null;
  content: string;
}

export class OwflexPassage extends LitElement {
  static override styles = [proseStyles, passageStyles];
  static override properties = { source: { attribute: false }, api: { attribute: false } };

  declare source: Source;
  declare api: Api;
  private chunks: Chunk[] = [];
  private loading = false;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("source")) void this.load();
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("source"))
      this.renderRoot.querySelector<HTMLElement>(".close")?.focus({ preventScroll: true });
    this.renderRoot.querySelector("[data-cited]")?.scrollIntoView({ block: "center" });
  }

  protected override render(): TemplateResult {
    const { source } = this;
    return html`<div class="shade" @click=${this.close}></div>
      <section class="panel" role="dialog" aria-label="${strings.passage}: ${source.title}"
        @keydown=${this.onKey}>
        <header><div class="head"><h2>${source.title}</h2>${this.facts()}</div>
          <button type="button" class="close" title=${strings.closePassage} aria-label=${strings.closePassage}
            @click=${this.close}>${icons.close}</button></header>
        <div class="text" tabindex="0">
          ${this.loading ? html`<p class="meta">${strings.loadingAround}</p>` : nothing}
          ${
            this.chunks.length
              ? this.chunks.map((chunk, place) => this.chunk(chunk, this.chunks[place - 1]))
              : this.alone()
          }
        </div>
      </section>`;
  }

  private facts(): TemplateResult {
    const { source } = this;
    const data = source.data ?? {};
    const place = String(data["source"] ?? source.label ?? source.filename ?? "");
    const address = [source.url, place].find(isWeb);
    const facts = [
      String(data["heading_path"] ?? source.description ?? ""),
      isWeb(place) ? "" : place,
      data["page"] ? `${strings.page} ${String(data["page"])}` : "",
      data["similarity"] ? `${strings.similarity} ${Number(data["similarity"]).toFixed(2)}` : "",
    ];
    return html`<p class="meta">${facts.filter(Boolean).join(" · ")}</p>
      ${
        address
          ? html`<a class="open" href=${address} title=${address} target="_blank"
            rel="noopener noreferrer">${strings.openDocument}</a>`
          : nothing
      }`;
  }

  private alone(): TemplateResult {
    return html`<mark class="prose" data-cited>${unsafeHTML(toHtml(passageOf(this.source)))}</mark>`;
  }

  private chunk(chunk: Chunk, before: Chunk | undefined): TemplateResult {
    const heading = chunk.heading_path.at(-1);
    const moved = heading && heading !== before?.heading_path.at(-1);
    const text = unsafeHTML(toHtml(chunk.content));
    return html`${moved ? html`<h3>${heading}</h3>` : nothing}
      ${
        String(chunk.chunk_id) === this.source.id
          ? html`<mark class="prose" data-cited>${text}</mark>`
          : html`<div class="prose">${text}</div>`
      }`;
  }

  // What stands around the passage is an extra: without it the passage is shown alone.
  private async load(): Promise<void> {
    const { source } = this;
    const documentId = source.data?.["document_id"];
    this.chunks = [];
    if (!documentId || !source.id) return;
    this.loading = true;
    const chunks = await around(this.api, String(documentId), source.id);
    if (source !== this.source) return;
    this.loading = false;
    this.chunks = chunks.some(({ chunk_id }) => String(chunk_id) === source.id) ? chunks : [];
    this.requestUpdate();
  }

  private readonly close = (): void => {
    this.dispatchEvent(new CustomEvent("close"));
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.close();
  };
}

async function around(api: Api, documentId: string, chunkId: string): Promise<Chunk[]> {
  try {
    const query = new URLSearchParams({ around: chunkId, count: String(AROUND) }).toString();
    const response = await api.get(`knowledge/documents/${encodeURIComponent(documentId)}/chunks?${query}`);
    if (!response.ok) return [];
    const found = (await jsonOf(response)) as { chunks?: Chunk[] };
    return (found.chunks ?? []).map((chunk) => ({ ...chunk, content: chunk.content.replace(FENCED, "$2") }));
  } catch {
    return []; // the service is gone, or another one answers there
  }
}

if (!customElements.get("owflex-passage")) customElements.define("owflex-passage", OwflexPassage);
