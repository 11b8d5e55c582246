// A file as people see it: its picture or its name, in the message box and in sent messages.

import type { TemplateResult } from "lit";
import { css, html, LitElement } from "lit";
import { strings } from "../i18n/strings.ts";
import { fill } from "../i18n/translation.ts";
import type { Api } from "../protocol/api.ts";
import type { Attachment } from "../protocol/user-message.ts";
import { icons } from "../ui/icons.ts";
import type { AttachedFile } from "./attached-file.ts";
import { sizeText } from "./file-rules.ts";
import { thumbnailOf } from "./thumbnail.ts";

// Pictures of this page's life: a list that is drawn anew asks for none twice.
const thumbs = new Map<string, Promise<string>>();
const MAX_THUMBS = 200;

export class OwflexFile extends LitElement {
  static override properties = {
    attachment: { attribute: false },
    file: { attribute: false },
    thumb: { state: true },
  };
  static override styles = css`
    :host { display: inline-block; max-width: 100%; }
    button, div { display: flex; align-items: center; gap: 0.5rem; font: inherit; font-size: 0.86rem;
      line-height: 1.3; color: var(--text); text-align: start;
      background: var(--raised); border: 1px solid var(--line); border-radius: 0.7rem;
      padding: 0.4rem 0.6rem; max-width: 100%; box-sizing: border-box; }
    button { cursor: pointer; }
    button:hover { border-color: var(--accent); }
    button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    img { display: block; object-fit: cover; border-radius: 0.45rem; width: 2.4rem; height: 2.4rem;
      flex: none; }
    .big { padding: 0; overflow: hidden; }
    .big img { width: 10rem; height: 7.5rem; border-radius: 0; }
    svg { flex: none; color: var(--accent); }
    span { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    small { color: var(--soft); display: block; font-size: 0.9em; white-space: normal; }
    small[data-bad] { color: var(--bad); }
  `;

  attachment: Attachment | null = null;
  file: AttachedFile | null = null;
  private thumb = "";

  protected override willUpdate(changed: Map<string, unknown>): void {
    const { attachment } = this;
    if (changed.has("attachment") && attachment?.type === "image") void this.load(attachment);
  }

  protected override render(): TemplateResult {
    if (this.file) return this.waiting(this.file);
    const { name = "" } = this.attachment ?? {};
    const label = fill(strings.download, { name });
    if (this.thumb)
      return html`<button type="button" class="big" title=${label} aria-label=${label}
        @click=${this.download}><img src=${this.thumb} alt=${name}></button>`;
    return html`<button type="button" aria-label=${label} title=${label}
      @click=${this.download}>${icons.file}<span>${name}</span></button>`;
  }

  private waiting(file: AttachedFile): TemplateResult {
    return html`<div>${file.thumb ? html`<img src=${file.thumb} alt="">` : icons.file}
      <span>${file.name}<small
        ?data-bad=${Boolean(file.problem)}>${file.problem || sizeText(file.size)}</small></span></div>`;
  }

  // The chat, or the message box, that this file is shown in.
  private get api(): Api | undefined {
    return ((this.getRootNode() as ShadowRoot).host as unknown as { api?: Api } | undefined)?.api;
  }

  private async content(attachment: Attachment): Promise<Blob> {
    const response = await this.api?.get(`attachments/${encodeURIComponent(attachment.id)}`);
    if (!response?.ok) throw new Error(strings.refused);
    return response.blob();
  }

  private async load(attachment: Attachment): Promise<void> {
    await Promise.resolve();
    if (!thumbs.has(attachment.id))
      thumbs.set(
        attachment.id,
        this.content(attachment).then(thumbnailOf, () => ""),
      );
    if (thumbs.size > MAX_THUMBS) thumbs.delete(thumbs.keys().next().value ?? "");
    this.thumb = (await thumbs.get(attachment.id)) ?? "";
  }

  private async download(): Promise<void> {
    const { attachment } = this;
    if (!attachment) return;
    const blob = await this.content(attachment).catch(() => null);
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = attachment.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}

if (!customElements.get("owflex-file")) customElements.define("owflex-file", OwflexFile);
