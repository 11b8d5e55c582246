// The panel that takes documents, and the list of those on their way.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { fill } from "../i18n/translation.ts";
import { icons } from "../ui/icons.ts";
import { size } from "./formats.ts";
import { addressOf } from "./route.ts";
import { passages, placeName } from "./shared-parts.ts";
import { OWN, words } from "./strings.ts";
import type { Collection, Rights } from "./types.ts";
import type { Job, UploadQueue } from "./upload-queue.ts";
import { canCancel, canRetry, isOver } from "./upload-queue.ts";

export interface Adding {
  rights: Rights;
  collections: Collection[];
  collection: string;
  choose(collection: string): void;
  files(files: Iterable<File>): void;
  address(url: string): void;
}

const nameOf = ({ value }: HTMLInputElement): string =>
  value.trim() === words.ownDocuments ? OWN : value.trim();

export function addPanel(adding: Adding): TemplateResult {
  const pick = (event: Event) => {
    const input = event.target as HTMLInputElement;
    adding.files([...(input.files ?? [])]);
    input.value = "";
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const input = (event.currentTarget as HTMLFormElement).elements.namedItem("url") as HTMLInputElement;
    if (!input.reportValidity()) return;
    adding.address(input.value.trim());
    input.value = "";
  };
  const mostSize = fill(words.mostSize, { size: size(adding.rights.max_bytes) });
  return html`<section class="add" aria-label=${words.addTitle}>
    <label class="drop"><input type="file" multiple class="unseen" @change=${pick}
      aria-label=${words.chooseFiles}>
      ${icons.attach}
      <span><b>${words.chooseFiles}</b> <small>${words.dropHere}, ${mostSize}</small></span></label>
    <label class="field"><span>${words.intoCollection}</span>
      <input list="collections" maxlength="100" .value=${placeName(adding.collection)}
        @change=${(event: Event) => adding.choose(nameOf(event.target as HTMLInputElement))}></label>
    <datalist id="collections">${adding.collections
      .filter(({ right }) => right !== "read")
      .map(({ name }) => html`<option value=${placeName(name)}></option>`)}</datalist>
    <form class="field grow" @submit=${submit}><label for="address">${words.webAddress}</label>
      <span class="row"><input id="address" name="url" type="url" required pattern="https?://.+"
        maxlength="2000" placeholder="https://">
        <button>${words.addAddress}</button></span></form>
  </section>`;
}

export function uploadList(uploads: UploadQueue): TemplateResult | typeof nothing {
  if (!uploads.jobs.length) return nothing;
  return html`<section class="uploads" aria-label=${words.uploads}>
    <div class="row"><h2>${words.uploads}</h2><span class="spacer"></span>
      ${
        uploads.jobs.some(isOver)
          ? html`<button type="button" class="quiet"
            @click=${() => uploads.clear()}>${words.clearDone}</button>`
          : nothing
      }</div>
    <ul>${repeat(
      uploads.jobs,
      (job) => job.key,
      (job) => jobRow(job, uploads),
    )}</ul>
  </section>`;
}

function jobRow(job: Job, uploads: UploadQueue): TemplateResult {
  const button = (label: string, icon: unknown, run: () => void) =>
    html`<button type="button" class="icon small" title=${fill(label, { name: job.name })}
      aria-label=${fill(label, { name: job.name })} @click=${run}>${icon}</button>`;
  return html`<li data-stage=${job.stage}>
    <span class="state" aria-hidden="true">${picture(job)}</span>
    <span class="what"><span class="name">${job.name}</span>
      <small>${said(job)}${
        job.stage === "failed" || !job.bytes ? nothing : html` · ${size(job.bytes)}`
      } · ${placeName(job.collection)}</small>
      ${
        isOver(job)
          ? nothing
          : html`<progress max="1" .value=${progress(job)} aria-label=${job.name}></progress>`
      }</span>
    ${
      job.stage === "done" && job.documentId !== null
        ? html`<a class="icon small" href=${addressOf("document", {}, String(job.documentId))}
          title=${fill(words.openDocument, { name: job.name })}
          aria-label=${fill(words.openDocument, { name: job.name })}>${icons.file}</a>`
        : nothing
    }
    ${canRetry(job) ? button(words.retry, icons.retry, () => uploads.retry(job)) : nothing}
    ${canCancel(job) ? button(words.cancelUpload, icons.close, () => uploads.cancel(job)) : nothing}
    ${isOver(job) ? button(words.hideUpload, icons.close, () => uploads.hide(job)) : nothing}
  </li>`;
}

// Sending is the first half of the way; how long a worker takes nobody knows.
function progress(job: Job): number {
  return { queued: 0, sending: job.sent / 2, waiting: 0.55, working: 0.75, done: 1, failed: 1, cancelled: 1 }[
    job.stage
  ];
}

const picture = (job: Job): unknown =>
  job.stage === "done" ? icons.check : isOver(job) ? "!" : html`<i class="spinner"></i>`;

function said(job: Job): string {
  switch (job.stage) {
    case "queued":
      return words.uploadQueued;
    case "sending":
      return fill(words.uploadSending, { percent: Math.round(job.sent * 100) });
    case "waiting":
      return words.uploadWaiting;
    case "working":
      return words.uploadWorking;
    case "done":
      return fill(job.outcome === "unchanged" ? words.uploadUnchanged : words.uploadDone, {
        passages: passages(job.chunks),
      });
    case "failed":
      return job.reason || words.uploadFailed;
    case "cancelled":
      return words.uploadCancelled;
  }
}
