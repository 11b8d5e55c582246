// The views of the page: chat, knowledge and administration; all but the first are fetched when somebody goes
// there.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { strings } from "../i18n/strings.ts";
import { icons } from "../ui/icons.ts";

export const inKnowledge = (hash: string): boolean =>
  hash === "/knowledge" || hash.startsWith("/knowledge/") || hash.startsWith("/knowledge?");

export const inAdmin = (hash: string): boolean => hash === "/admin" || hash.startsWith("/admin/");

export async function loadKnowledge(): Promise<void> {
  await import("../knowledge/knowledge-view.ts");
}

export async function loadAdmin(): Promise<void> {
  await import("../admin/admin-view.ts");
}

export interface Views {
  here: "chat" | "knowledge" | "admin";
  knowledge: boolean;
  admin: boolean;
}

export function viewLinks({ here, knowledge, admin }: Views, threadId: string | undefined): TemplateResult {
  const link = (href: string, current: boolean, icon: unknown, text: string): TemplateResult =>
    html`<a href=${href} title=${text}
      aria-current=${current ? "page" : nothing}>${icon}<span>${text}</span></a>`;
  return html`<nav class="views" aria-label=${strings.views}>
    ${link(`#${threadId ?? ""}`, here === "chat", icons.chat, strings.chat)}
    ${knowledge ? link("#/knowledge", here === "knowledge", icons.book, strings.knowledge) : nothing}
    ${admin ? link("#/admin", here === "admin", icons.gear, strings.admin) : nothing}
  </nav>`;
}
