// What the user said: words, files, what the question was limited to; and the form that changes it.
import "../attachments/file-element.ts";
import type { TemplateResult } from "lit";
import { css, html, nothing } from "lit";
import { strings } from "../i18n/strings.ts";
import { fill } from "../i18n/translation.ts";
import type { ThreadItem } from "../protocol/types.ts";
import type { Attachment } from "../protocol/user-message.ts";
import { namesOf, wordsOf } from "../protocol/user-message.ts";
import { icons } from "../ui/icons.ts";
import { iconButton } from "./icon-button.ts";
import type { MessageActions } from "./message-actions.ts";
import { keyOf } from "./outbox.ts";
import { versionSwitch } from "./versions.ts";

export function userMessage(item: ThreadItem, actions: MessageActions): TemplateResult {
  return html`<div class="said">
    <div class="user">
      <h2 class="unseen">${strings.you}</h2>
      ${scopeOf(item)} ${attachmentsOf(item)}
      <p dir="auto">${wordsOf(item)}</p>
    </div>
    ${versionSwitch(item, actions)}
    ${actions.busy() ? nothing : iconButton(strings.edit, icons.pencil, () => actions.edit(item))}
  </div>`;
}

export function messageEditor(item: ThreadItem, actions: MessageActions): TemplateResult {
  const send = (event: Event) => {
    event.preventDefault();
    const area = (event.target as HTMLElement).closest("form")?.querySelector("textarea");
    if (area?.value.trim()) actions.resend(item, area.value.trim());
  };
  const key = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Escape") actions.edit(null);
    if (event.key === "Enter" && !event.shiftKey) send(event);
  };
  return html`<form class="edit" @submit=${send}>
    <textarea rows="3" maxlength="20000" aria-label=${strings.edit} .value=${wordsOf(item)}
      @keydown=${key}></textarea>
    ${keyOf(item) ? nothing : html`<p class="meta">${strings.editHint}</p>`}
    <div class="ways"><button class="primary">${strings.resend}</button>
      <button type="button" @click=${() => actions.edit(null)}>${strings.cancel}</button></div>
  </form>`;
}

// The files of a sent message; nothing when it has none.
function attachmentsOf(item: ThreadItem): TemplateResult | typeof nothing {
  const files = (item as { attachments?: Attachment[] }).attachments ?? [];
  if (!files.length) return nothing;
  return html`<div class="sent-files" role="group" aria-label=${strings.attached}>
    ${files.map((file) => html`<owflex-file .attachment=${file}></owflex-file>`)}</div>`;
}

// What a sent message was limited to, and the passage it speaks of; nothing when there is neither.
function scopeOf(item: ThreadItem): TemplateResult | typeof nothing {
  const quoted = (item as { quoted_text?: string | null }).quoted_text;
  const names = namesOf(item);
  if (!quoted && !names.length) return nothing;
  return html`${quoted ? html`<blockquote class="sent-quote">${quoted}</blockquote>` : nothing}
    ${
      names.length
        ? html`<p class="sent-tags">${names.map(
            ({ kind, text }) => html`<span class="sent-tag" title=${fill(strings.onlyIn, { name: text })}>
          ${kind === "document" ? icons.file : icons.folder}${text}</span>`,
          )}</p>`
        : nothing
    }`;
}

export const sentStyles = css`
  .sent-files { display: flex; flex-wrap: wrap; gap: 0.4rem; margin-block-end: 0.4rem;
    justify-content: flex-end; }
  .sent-quote { margin: 0 0 0.4rem; padding-inline-start: 0.7rem;
    border-inline-start: 3px solid var(--accent); color: var(--soft);
    font-size: 0.9rem; max-height: 4.8em; overflow: hidden; overflow-wrap: anywhere; }
  .user p.sent-tags { display: flex; flex-wrap: wrap; gap: 0.3rem; margin: 0 0 0.35rem; white-space: normal; }
  .sent-tag { display: inline-flex; align-items: center; gap: 0.3rem; max-width: 100%; border-radius: 1rem;
    padding: 0.05rem 0.6rem;
    background: color-mix(in srgb, var(--accent) 16%, transparent); font-size: 0.86rem;
    overflow-wrap: anywhere; }
  .sent-tag svg { width: 14px; height: 14px; flex: none; }
`;
