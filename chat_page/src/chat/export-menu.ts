// The menu that saves a conversation as a file.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { strings } from "../i18n/strings.ts";
import { icons } from "../ui/icons.ts";
import { allItems } from "./earlier-items.ts";
import { asJson, asMarkdown, fileName, save } from "./export.ts";
import type { Session } from "./session.ts";

// Nothing while there is no conversation.
export function exportMenu(session: Session): TemplateResult | typeof nothing {
  if (!session.state.thread || !session.state.items.length) return nothing;
  return html`<details class="menu" @keydown=${closeOnEscape} @focusout=${closeOnLeave}>
      <summary class="icon" title=${strings.export} aria-label=${strings.export}>${icons.export}</summary>
      <div class="choices" @click=${closeMenu}>
        <button type="button" @click=${() => void download(session, "md", "text/markdown", asMarkdown)}>
          ${strings.exportMarkdown}</button>
        <button type="button" @click=${() => void download(session, "json", "application/json", asJson)}>
          ${strings.exportJson}</button></div>
    </details>`;
}

async function download(
  session: Session,
  ending: string,
  type: string,
  write: typeof asMarkdown,
): Promise<void> {
  const { thread } = session.state;
  const items = await allItems(session);
  if (thread && items) save(fileName(thread, ending), type, write(thread, items));
}

const closeMenu = (event: Event): void =>
  (event.currentTarget as HTMLElement).closest("details")?.removeAttribute("open");

const closeOnEscape = (event: KeyboardEvent): void => {
  const menu = event.currentTarget as HTMLDetailsElement;
  if (event.key !== "Escape" || !menu.open) return;
  event.stopPropagation();
  menu.open = false;
  menu.querySelector("summary")?.focus();
};

const closeOnLeave = (event: FocusEvent): void => {
  const menu = event.currentTarget as HTMLDetailsElement;
  if (!menu.contains(event.relatedTarget as Node | null)) menu.open = false;
};
