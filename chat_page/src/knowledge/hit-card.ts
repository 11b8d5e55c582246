// A passage that was found, and why.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { fill } from "../i18n/translation.ts";
import { pieces, unfenced } from "../markdown/matched-words.ts";
import { decimal } from "./formats.ts";
import { addressOf } from "./route.ts";
import { bar } from "./shared-parts.ts";
import { words } from "./strings.ts";
import type { Judged } from "./threshold.ts";
import type { Why } from "./types.ts";

// A passage of more signs is shown in part.
const LONG = 420;

export interface Showing {
  marker: string;
  threshold: number;
  best: number;
  open: boolean;
  toggle(): void;
}

export function hitCard(hit: Judged, showing: Showing): TemplateResult {
  const text = unfenced(hit.content, showing.marker);
  const place = [hit.heading_path.join(" › "), hit.page ? fill(words.page, { page: hit.page }) : ""]
    .filter(Boolean)
    .join(" · ");
  const href = addressOf("document", { at: hit.chunk_id }, String(hit.document_id));
  return html`<li class="hit" ?data-held=${!hit.passes}>
    <div class="hit-head"><h2><a href=${href}>${hit.title || hit.source}</a></h2><span
      class="soft path">${place || hit.source}</span></div>
    <div class="hit-body"><div class="text"><p id="text-${hit.chunk_id}"
      ?data-cut=${text.length > LONG && !showing.open}>${pieces(text, hit.why?.matched_terms ?? []).map(
        (piece) => (piece.hit ? html`<mark>${piece.text}</mark>` : piece.text),
      )}</p>
      ${
        text.length > LONG
          ? html`<button type="button" class="quiet" aria-expanded=${String(showing.open)}
            aria-controls="text-${hit.chunk_id}"
            @click=${showing.toggle}>${showing.open ? words.showLess : words.showAll}</button>`
          : nothing
      }</div>
      <dl class="why">
        <dt>${words.similarity}</dt>
        <dd>${bar(hit.similarity, showing.threshold)}<b>${decimal(hit.similarity)}</b></dd>
        <dt>${words.score}</dt><dd>${bar(hit.score / showing.best)}<b>${decimal(hit.score)}</b></dd>
        ${hit.why ? ranks(hit.why) : nothing}</dl></div>
    <p class="verdict">${sentence(hit, showing.threshold)}</p></li>`;
}

function ranks(why: Why): TemplateResult {
  const rank = (place: number | null) =>
    place === null ? html`<span title=${words.noRank}>–</span>` : fill(words.rank, { rank: place });
  return html`<dt>${words.rankLabel}</dt><dd><span>${rank(why.rank_vector)} ${words.byMeaning}</span>
      <span>${rank(why.rank_keyword)} ${words.byWordsRank}</span></dd>
    <dt>${words.matched}</dt><dd class="chips">${
      why.matched_terms.length
        ? why.matched_terms.map((term) => html`<span class="badge">${term}</span>`)
        : words.none
    }</dd>`;
}

function sentence(hit: Judged, threshold: number): string {
  const values = { similarity: decimal(hit.similarity), threshold: decimal(threshold, 2) };
  if (!hit.passes) return fill(words.failsSimilarity, values);
  return fill(hit.byWords ? words.passesWords : words.passesSimilarity, values);
}
