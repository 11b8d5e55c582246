// The document around a passage: what was cited is framed, what stands before and after it can be read on.

import { html, nothing, type TemplateResult } from "lit";
import { fill } from "../i18n/translation.ts";
import { unfenced } from "../markdown/matched-words.ts";
import type { App } from "./app.ts";
import { sourceOf } from "./app.ts";
import { prose } from "./prose.ts";
import { strings } from "./strings.ts";
import type { Neighbour, Neighbours } from "./types.ts";

// Passages fetched before and after the cited one, and with each step.
const AROUND = 2;
const STEP = 2;
// What is further away is let go of, and fetched again when one comes back.
const MAX_SHOWN = 60;

type Direction = "previous" | "next";

export class PassageView {
  private readonly prose = new Map<number, HTMLElement>();

  private constructor(
    private readonly app: App,
    private read: Neighbours,
    private readonly cited: number,
    private readonly stems: string[],
  ) {
    this.read = plain(read);
  }

  // Of an answer of read_chunks. Throws for one that has no passages.
  static of(app: App, answer: unknown, cited: number, stems: string[]): PassageView {
    return new PassageView(app, answer as Neighbours, cited, stems);
  }

  // Undefined where the passage cannot be had; the app says why.
  static async open(app: App, cited: number, stems: string[]): Promise<PassageView | undefined> {
    const answer = await app.ask("read_chunks", { chunk_id: cited, before: AROUND, after: AROUND });
    if (!answer) return undefined;
    app.host.tellModel(`The user is reading around the passage with chunk_id ${cited}.`);
    return PassageView.of(app, answer.data, cited, stems);
  }

  view(back?: () => void): TemplateResult {
    const { title, source, chunks, previous, next } = this.read;
    const hasPages = chunks.some(({ page }) => page !== null);
    return html`<article class="passage">
      ${back ? html`<button type="button" class="back" @click=${back}>${strings.back}</button>` : nothing}
      <h1 id="title" tabindex="-1">${title || source}</h1>
      <p class="place">${sourceOf(source)}</p>
      ${hasPages ? html`<p class="soft">${strings.textOnly}</p>` : nothing}
      ${this.step("previous", previous)}
      <div class="text">${chunks.map((chunk, index) => this.chunk(chunk, chunks[index - 1]))}</div>
      ${this.step("next", next)}
      <div class="foot">
        ${
          this.isShown()
            ? html`<button type="button" @click=${() => focus(this.cited)}>${strings.toCited}</button>`
            : nothing
        }
        ${
          this.app.host.canFill
            ? html`<button type="button" @click=${() => this.app.host.fill()}>${
                this.app.host.fills ? strings.unfill : strings.fill
              }</button>`
            : nothing
        }
      </div>
    </article>`;
  }

  private isShown(): boolean {
    return this.read.chunks.some(({ chunk_id }) => chunk_id === this.cited);
  }

  private step(direction: Direction, from: number | null): TemplateResult {
    if (from === null)
      return html`<p class="soft">${direction === "previous" ? strings.begins : strings.ends}</p>`;
    if (!this.app.host.callsTools) return html``;
    return html`<button type="button" class="step" @click=${() => this.go(direction, from)}>${
      strings[direction]
    }</button>`;
  }

  private chunk(chunk: Neighbour, before: Neighbour | undefined): TemplateResult {
    const heading = chunk.heading_path.at(-1);
    const isNew = heading && chunk.heading_path.join("\n") !== before?.heading_path.join("\n");
    const isCited = chunk.chunk_id === this.cited;
    return html`${
      chunk.page !== null && chunk.page !== before?.page
        ? html`<p class="page">${fill(strings.pageHead, { page: chunk.page })}</p>`
        : nothing
    }${isNew ? html`<h2>${heading}</h2>` : nothing}
      <section id=${idOf(chunk.chunk_id)} tabindex="-1" ?data-cited=${isCited}
        aria-label=${isCited ? strings.citedPassage : nothing}>${this.proseOf(chunk)}</section>`;
  }

  private proseOf({ chunk_id, content }: Neighbour): HTMLElement {
    const known = this.prose.get(chunk_id) ?? prose(content, this.stems);
    this.prose.set(chunk_id, known);
    return known;
  }

  private async go(direction: Direction, from: number): Promise<void> {
    const back = direction === "previous";
    const step = back ? { before: STEP - 1, after: 0 } : { before: 0, after: STEP - 1 };
    const answer = await this.app.ask("read_chunks", { chunk_id: from, ...step });
    if (!answer) return;
    this.read = joined(this.read, plain(answer.data as Neighbours), direction);
    this.app.draw();
    focus(from);
  }
}

function joined(read: Neighbours, more: Neighbours, direction: Direction): Neighbours {
  const have = new Set(read.chunks.map(({ chunk_id }) => chunk_id));
  const added = more.chunks.filter(({ chunk_id }) => !have.has(chunk_id));
  if (direction === "previous") {
    const all = [...added, ...read.chunks];
    const next = all[MAX_SHOWN]?.chunk_id ?? read.next;
    return { ...read, chunks: all.slice(0, MAX_SHOWN), previous: more.previous, next };
  }
  const all = [...read.chunks, ...added];
  const previous = all.at(-MAX_SHOWN - 1)?.chunk_id ?? read.previous;
  return { ...read, chunks: all.slice(-MAX_SHOWN), next: more.next, previous };
}

// Without the tags around the text, of which each answer has its own.
function plain(read: Neighbours): Neighbours {
  const chunks = read.chunks.map((chunk) => ({
    ...chunk,
    content: unfenced(chunk.content, read.text_marker),
  }));
  return { ...read, chunks };
}

const idOf = (chunkId: number): string => `passage-${chunkId}`;

function focus(chunkId: number): void {
  const element = document.getElementById(idOf(chunkId));
  element?.focus({ preventScroll: true });
  element?.scrollIntoView({ block: "nearest" });
}
