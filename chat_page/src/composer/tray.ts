// What the message box carries besides words, and its menus.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import "../attachments/file-element.ts";
import type { AttachedFile } from "../attachments/attached-file.ts";
import { strings } from "../i18n/strings.ts";
import { fill } from "../i18n/translation.ts";
import { icons } from "../ui/icons.ts";
import type { Draft } from "./drafts.ts";

// `change` runs what a button does to the draft, and draws it anew.
export function tray(draft: Draft, change: (run: () => void) => void): TemplateResult | typeof nothing {
  const { quoted, tags, files } = draft;
  if (!quoted && !tags.length && !files.length) return nothing;
  const remove = (label: string, run: () => void): TemplateResult =>
    html`<button type="button" title=${label} aria-label=${label}
      @click=${() => change(run)}>${icons.close}</button>`;
  const without = <T>(list: T[], entry: T): T[] => list.filter((other) => other !== entry);
  const untag = (tag: Draft["tags"][number]) => (): void => void (draft.tags = without(draft.tags, tag));
  const takeBack = (file: AttachedFile) => (): void => {
    file.cancel();
    draft.files = without(draft.files, file);
  };
  return html`<ul class="tray" aria-label=${strings.attached}>
    ${
      quoted
        ? html`<li class="quote"><span
          title=${quoted}>${quoted}</span>${remove(strings.removeQuote, () => void (draft.quoted = ""))}</li>`
        : nothing
    }
    ${tags.map(
      (tag) => html`<li class="tag">${tag.kind === "document" ? icons.file : icons.folder}
      <span>${tag.label}</span> ${remove(fill(strings.removeTag, { name: tag.label }), untag(tag))}</li>`,
    )}
    ${files.map(
      (file) => html`<li class="file"><owflex-file .file=${{ ...file }}></owflex-file>
      ${
        file.sent || file.problem
          ? nothing
          : html`<progress max="1" value=${file.progress}
            aria-label=${fill(strings.uploading, { name: file.name })}></progress>`
      }
      ${remove(fill(strings.removeFile, { name: file.name }), takeBack(file))}</li>`,
    )}
  </ul>`;
}

export function picker(
  label: string,
  options: string[][],
  chosen: string,
  choose: (value: string) => void,
): TemplateResult | typeof nothing {
  if (!options.length) return nothing;
  return html`<select aria-label=${label} title=${label}
    @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
    ${options.map(
      ([value, text]) => html`<option value=${value ?? ""} ?selected=${value === chosen}>${text}</option>`,
    )}</select>`;
}
