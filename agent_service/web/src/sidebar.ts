// The list of chats.
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { icons } from "./icons.ts";
import { strings } from "./strings.ts";
import type { Thread } from "./types.ts";

export interface SidebarActions {
  open(threadId: string): void;
  create(): void;
  rename(thread: Thread): void;
  remove(thread: Thread): void;
  more(): void;
  close(): void;
}

export function sidebar(threads: Thread[], current: string | undefined, more: boolean, actions: SidebarActions): TemplateResult {
  return html`<nav class="sidebar" aria-label=${strings.history}>
    <div class="side-head">
      <button type="button" class="new" @click=${actions.create}>${icons.plus}<span>${strings.newChat}</span></button>
      <button type="button" class="icon close-drawer" title=${strings.closeHistory} aria-label=${strings.closeHistory}
        @click=${actions.close}>${icons.close}</button>
    </div>
    ${threads.length ? nothing : html`<p class="empty">${strings.noThreads}</p>`}
    <ul>
      ${threads.map((thread) => entry(thread, thread.id === current, actions))}
    </ul>
    ${more ? html`<button type="button" class="more" @click=${actions.more}>${strings.moreThreads}</button>` : nothing}
  </nav>`;
}

function entry(thread: Thread, current: boolean, actions: SidebarActions): TemplateResult {
  const title = thread.title || strings.untitled;
  return html`<li ?data-current=${current}>
    <button type="button" class="thread" aria-current=${current ? "true" : nothing} title=${title}
      @click=${() => actions.open(thread.id)}>${title}</button>
    <button type="button" class="icon small" title=${strings.rename} aria-label="${strings.rename}: ${title}"
      @click=${() => actions.rename(thread)}>${icons.pencil}</button>
    <button type="button" class="icon small" title=${strings.remove} aria-label="${strings.remove}: ${title}"
      @click=${() => actions.remove(thread)}>${icons.bin}</button>
  </li>`;
}
