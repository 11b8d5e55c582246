// One document: its text part by part, or what stands around a passage that was found.

import type { PropertyValues, TemplateResult } from "lit";
import { html, LitElement, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { fill } from "../i18n/translation.ts";
import { unfenced } from "../markdown/matched-words.ts";
import { toHtml } from "../markdown/render.ts";
import { proseStyles } from "../markdown/styles.ts";
import { sentenceOf } from "./api.ts";
import type { KnowledgeContext } from "./context.ts";
import { facts } from "./document-facts.ts";
import { addressOf } from "./route.ts";
import { confirm, failure, loading, placeName } from "./shared-parts.ts";
import { words } from "./strings.ts";
import { knowledgeStyles } from "./styles.ts";
import type { DocumentText, Passage, Passages } from "./types.ts";

// Passages around the one that was found, and those read on with each press.
const AROUND = 3;
const STEP = 6;
// Only what users handed in can be removed here.
const HANDED_IN = /^added-by\//;
const FIRST_LOOK = 500;
const MAX_LOOKS = 60;

export class KnowledgeDocument extends LitElement {
  static override styles = [proseStyles, knowledgeStyles];
  static override properties = {
    context: { attribute: false },
    documentId: { type: String },
    at: { type: String },
  };

  declare context: KnowledgeContext;
  declare documentId: string;
  declare at: string;
  private document: DocumentText | null = null;
  private parts: string[] = [];
  private around: Passages | null = null;
  private failure = "";
  private busy = false;
  private shown = "";
  private turn = 0;

  protected override willUpdate(_changed: PropertyValues): void {
    const wanted = `${this.documentId}#${this.at}`;
    if (wanted === this.shown) return;
    this.shown = wanted;
    void this.open();
  }

  protected override render(): TemplateResult {
    const back = html`<a class="back" href=${addressOf("documents")}><span
      aria-hidden="true">‹</span> ${words.back}</a>`;
    if (this.failure)
      return html`<article class="reader">${back}${failure(this.failure, () => void this.open())}</article>`;
    if (!this.document) return html`<article class="reader">${back}${loading()}</article>`;
    const text = this.around ? this.passages(this.around) : this.text(this.document);
    return html`<article class="reader">${back}${this.head(this.document)}${text}</article>`;
  }

  private head(document: DocumentText): TemplateResult {
    const { collection } = document;
    return html`<div class="title"><h2 tabindex="-1">${document.title || document.source}</h2>
        <p class="soft"><a href=${addressOf("documents", { collection })}>${placeName(collection)}</a>
        · <span class="path">${document.source}</span></p></div>
      <div class="row actions"><button type="button" class="primary"
        @click=${() => this.context.ask(document)}>${words.askAbout}</button>
        <button type="button" @click=${() => this.context.copy(location.href)}>${words.copyLink}</button>
        ${
          this.context.rights.uploads
            ? html`<button type="button" class="danger"
              @click=${() => void this.remove_(document)}>${words.remove}</button>`
            : nothing
        }</div>
      ${facts(document)}`;
  }

  private text(document: DocumentText): TemplateResult {
    if (document.next_position === null && !this.parts.some((part) => part.trim()))
      return html`<p class="empty">${words.noText}</p>`;
    return html`${this.parts.map(
      (part) => html`<div class="prose sheet" @click=${this.onClick}>${unsafeHTML(toHtml(part))}</div>`,
    )}
      ${
        document.next_position === null
          ? nothing
          : html`<button type="button" class="more" ?disabled=${this.busy}
            @click=${() => void this.readOn(document)}>${words.readOn}</button>`
      }`;
  }

  private passages(around: Passages): TemplateResult {
    const more = (label: string, from: number | null, back: boolean) =>
      from === null
        ? nothing
        : html`<button type="button" class="more" ?disabled=${this.busy}
          @click=${() => void this.readAround(from, back)}>${label}</button>`;
    const whole = addressOf("document", {}, this.documentId);
    return html`<p><a href=${whole}>${words.wholeDocument}</a></p>
      ${more(words.earlierPassages, around.previous, true)}
      ${repeat(
        around.chunks,
        (chunk) => chunk.chunk_id,
        (chunk) => this.passage(chunk),
      )}
      ${more(words.laterPassages, around.next, false)}`;
  }

  private passage(chunk: Passage): TemplateResult {
    const found = String(chunk.chunk_id) === this.at;
    const place = [chunk.heading_path.join(" › "), chunk.page ? fill(words.page, { page: chunk.page }) : ""]
      .filter(Boolean)
      .join(" · ");
    return html`<section class="sheet" ?data-found=${found} tabindex=${found ? "-1" : nothing}
      aria-label=${found ? words.found : nothing}>
      <p class="soft place">${found ? html`<span class="badge">${words.found}</span> ` : nothing}${place}</p>
      <div class="prose" @click=${this.onClick}>${unsafeHTML(toHtml(chunk.content))}</div></section>`;
  }

  private async open(): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    Object.assign(this, { document: null, around: null, parts: [], failure: "" });
    this.requestUpdate();
    try {
      const asked = [
        this.context.api.document(this.documentId, 0),
        this.at ? this.context.api.passages(this.documentId, Number(this.at), AROUND, AROUND) : null,
      ] as const;
      const [document, around] = await Promise.all(asked);
      if (turn !== this.turn) return;
      this.document = document;
      this.parts = [unfenced(document.content, document.text_marker)];
      this.around = around && bare(around);
    } catch (error) {
      if (turn !== this.turn) return;
      this.failure = sentenceOf(error);
    }
    this.requestUpdate();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>("[data-found], .title h2")?.focus({ preventScroll: true });
    this.renderRoot.querySelector("[data-found]")?.scrollIntoView({ block: "center" });
  }

  private readOn(document: DocumentText): Promise<void> {
    return this.reading(async () => {
      const following = await this.context.api.document(this.documentId, document.next_position ?? 0);
      this.parts = [...this.parts, unfenced(following.content, following.text_marker)];
      this.document = { ...document, next_position: following.next_position };
    });
  }

  private readAround(from: number, back: boolean): Promise<void> {
    return this.reading(async () => {
      const read = bare(
        await this.context.api.passages(this.documentId, from, back ? STEP : 0, back ? 0 : STEP),
      );
      const { chunks, ...shown } = this.around ?? read;
      this.around = back
        ? { ...shown, chunks: [...read.chunks, ...chunks], previous: read.previous }
        : { ...shown, chunks: [...chunks, ...read.chunks], next: read.next };
    });
  }

  private async reading(read: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.requestUpdate();
    try {
      await read();
    } catch (error) {
      this.context.announce(sentenceOf(error));
    }
    this.busy = false;
    this.requestUpdate();
  }

  private async remove_(document: DocumentText): Promise<void> {
    const host = this.renderRoot as ShadowRoot;
    if (!HANDED_IN.test(document.source)) return void confirm(host, words.remove, words.notRemovable, null);
    const text = fill(words.removeText, { title: document.title || document.source });
    if (!(await confirm(host, words.removeTitle, text, words.remove))) return;
    this.context.announce(fill(words.removing, { title: document.title }));
    try {
      await this.removed(document);
      this.context.changed();
      this.context.go(addressOf("documents"));
      this.context.announce(fill(words.removed, { title: document.title }));
    } catch (error) {
      void confirm(host, words.remove, sentenceOf(error), null);
    }
  }

  // Waits until a worker has done it.
  private async removed(document: DocumentText): Promise<void> {
    let upload = await this.context.api.remove(document.document_id);
    for (
      let looks = 0;
      looks < MAX_LOOKS && (upload.status === "waiting" || upload.status === "working");
      looks += 1
    ) {
      await new Promise((resolve) => setTimeout(resolve, FIRST_LOOK + looks * 50));
      upload = await this.context.api.upload(upload.upload_id);
    }
    if (upload.status === "failed") throw new Error(upload.reason ?? "");
  }

  private readonly onClick = (event: MouseEvent): void => {
    const code = (event.target as HTMLElement)
      .closest("[data-copy-code]")
      ?.closest(".code")
      ?.querySelector("code");
    if (code) this.context.copy(code.textContent ?? "");
  };
}

// Each answer has a marker of its own; without it passages of several answers can stand together.
function bare(read: Passages): Passages {
  return {
    ...read,
    chunks: read.chunks.map((chunk) => ({ ...chunk, content: unfenced(chunk.content, read.text_marker) })),
  };
}
