// The two views of the page, chat and knowledge; the second is fetched when somebody goes there.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { strings } from "../i18n/strings.ts";
import { icons } from "../ui/icons.ts";

export const inKnowledge = (hash: string): boolean =>
  hash === "/knowledge" || hash.startsWith("/knowledge/") || hash.startsWith("/knowledge?");

export async function loadKnowledge(): Promise<void> {
  await import("../knowledge/knowledge-view.ts");
}

export function viewLinks(knowledge: boolean, threadId: string | undefined): TemplateResult {
  const link = (href: string, here: boolean, icon: unknown, text: string): TemplateResult =>
    html`<a href=${href} title=${text}
      aria-current=${here ? "page" : nothing}>${icon}<span>${text}</span></a>`;
  return html`<nav class="views" aria-label=${strings.views}>
    ${link(`#${threadId ?? ""}`, !knowledge, icons.chat, strings.chat)}
    ${link("#/knowledge", knowledge, icons.book, strings.knowledge)}
  </nav>`;
}
