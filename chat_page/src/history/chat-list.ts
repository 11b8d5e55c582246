// The list of chats: search, groups by day, renaming in place, deletion that can be taken back.

import type { TemplateResult } from "lit";
import { html, LitElement, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { strings } from "../i18n/strings.ts";
import { fill } from "../i18n/translation.ts";
import type { Thread } from "../protocol/types.ts";
import { icons } from "../ui/icons.ts";
import { fitting, grouped } from "./groups.ts";
import { historyStyles } from "./styles.ts";

const UNDO_MILLISECONDS = 6000;

export interface Renamed {
  thread: Thread;
  title: string;
}

// Raises `open` and `remove` with a chat, `rename` with a `Renamed`, and `create`, `more` and `close`.
export class OwflexHistory extends LitElement {
  static override styles = historyStyles;
  static override properties = {
    threads: { attribute: false },
    current: {},
    more: { type: Boolean },
    open: { type: Boolean },
    foot: { attribute: false },
    query: { state: true },
    editing: { state: true },
    removed: { state: true },
  };

  threads: Thread[] = [];
  current: string | undefined;
  more = false;
  // Whether the drawer of a small screen is out.
  open = false;
  // What stands below the list.
  foot: TemplateResult | typeof nothing = nothing;
  private query = "";
  private editing = "";
  private removed: Thread | null = null;
  // Whether the deleted chat was the one on the page.
  private left = false;
  private timer = 0;
  private asked = -1;
  private opener: HTMLElement | null = null;
  private readonly sight = new IntersectionObserver(
    (seen) => seen.some((entry) => entry.isIntersecting) && this.askForMore(),
  );

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("pagehide", this.commit);
  }

  override disconnectedCallback(): void {
    window.removeEventListener("pagehide", this.commit);
    this.sight.disconnect();
    this.commit();
    super.disconnectedCallback();
  }

  protected override render(): TemplateResult {
    const shown = fitting(this.threads, this.query).filter(({ id }) => id !== this.removed?.id);
    const locale = ((this.getRootNode() as ShadowRoot).host as HTMLElement | undefined)?.lang || undefined;
    return html`<div class="shade" ?data-open=${this.open} @click=${() => this.raise("close")}></div>
      <nav aria-label=${strings.history} ?data-open=${this.open} @keydown=${this.onKey}>
        <div class="head">
          <button type="button" class="new"
            @click=${() => this.raise("create")}>${icons.plus}<span>${strings.newChat}</span></button>
          <button type="button" class="icon close" title=${strings.closeHistory}
            aria-label=${strings.closeHistory} @click=${() => this.raise("close")}>${icons.close}</button>
        </div>
        ${this.threads.length > 1 || this.query ? this.search() : nothing}
        <div class="list">
          ${grouped(shown, new Date(), locale).map(
            ({ name, threads }) => html`<h2 aria-hidden="true">${name}</h2>
            <ul aria-label=${name}>${repeat(
              threads,
              (thread) => thread.id,
              (thread) => this.entry(thread),
            )}</ul>`,
          )}
          ${
            shown.length || this.more
              ? nothing
              : html`<p class="empty">${this.query ? strings.noMatch : strings.noThreads}</p>`
          }
          ${
            this.more
              ? html`<button type="button" class="more"
                @click=${() => this.raise("more")}>${strings.moreThreads}</button>`
              : nothing
          }
        </div>
        ${this.foot === nothing ? nothing : html`<p class="foot">${this.foot}</p>`}
      </nav>
      <div class="toasts" role="status">${this.removed ? this.toast(this.removed) : nothing}</div>`;
  }

  protected override updated(changed: Map<string, unknown>): void {
    const more = this.renderRoot.querySelector(".more");
    this.sight.disconnect();
    if (more) this.sight.observe(more);
    if (changed.has("open")) this.moveFocus();
    if (changed.has("editing") && this.editing)
      this.renderRoot.querySelector<HTMLInputElement>("li input")?.select();
  }

  private search(): TemplateResult {
    return html`<div class="search">${icons.search}<input type="search" placeholder=${strings.searchChats}
      aria-label=${strings.searchChats} .value=${this.query}
      @input=${(event: Event) => (this.query = (event.target as HTMLInputElement).value)}></div>`;
  }

  private entry(thread: Thread): TemplateResult {
    const title = thread.title || strings.untitled;
    const current = thread.id === this.current;
    if (thread.id === this.editing) {
      return html`<li><input .value=${thread.title ?? ""} maxlength="200" autocomplete="off"
        aria-label=${strings.renameTitle}
        @keydown=${(event: KeyboardEvent) => this.onTitleKey(event, thread)}
        @blur=${(event: Event) => this.finish(event, thread)}></li>`;
    }
    return html`<li ?data-current=${current}>
      <button type="button" class="thread" data-id=${thread.id} aria-current=${current ? "true" : nothing}
        aria-keyshortcuts="F2 Delete" title=${title}
        @click=${() => this.raise("open", thread)}>${title}</button>
      <button type="button" class="icon" title=${strings.rename} aria-label="${strings.rename}: ${title}"
        @click=${() => (this.editing = thread.id)}>${icons.pencil}</button>
      <button type="button" class="icon" title=${strings.remove} aria-label="${strings.remove}: ${title}"
        @click=${() => this.remove_(thread)}>${icons.bin}</button>
    </li>`;
  }

  private toast(thread: Thread): TemplateResult {
    const hold = (): void => clearTimeout(this.timer);
    return html`<div class="toast" @mouseenter=${hold} @focusin=${hold} @mouseleave=${this.count}
      @focusout=${this.count}>
      <span>${fill(strings.deleted, { title: thread.title || strings.untitled })}</span>
      <button type="button" @click=${this.undo}>${strings.undo}</button></div>`;
  }

  private raise(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  // Once for each length of the list: a request that failed is not sent again and again.
  private askForMore(): void {
    if (this.asked === this.threads.length) return;
    this.asked = this.threads.length;
    this.raise("more");
  }

  private onKey(event: KeyboardEvent): void {
    const { key } = event;
    const here =
      (event.target as HTMLElement).closest<HTMLElement>("[data-id]") ??
      this.entryOf(event.target as HTMLElement);
    const thread = this.threads.find(({ id }) => id === here?.dataset["id"]);
    if (key === "Escape" && this.open) this.raise("close");
    else if (key === "Tab") {
      this.keepFocus(event);
      return;
    } else if (
      key.toLowerCase() === "z" &&
      (event.ctrlKey || event.metaKey) &&
      this.removed &&
      (event.target as HTMLElement).tagName !== "INPUT"
    )
      this.undo();
    else if (key === "F2" && thread) this.editing = thread.id;
    else if (key === "Delete" && thread) this.remove_(thread);
    else if (!this.step(key, here)) return;
    event.preventDefault();
  }

  private entryOf(target: HTMLElement): HTMLElement | null {
    return target.closest("li")?.querySelector<HTMLElement>("[data-id]") ?? null;
  }

  // Arrows walk through the chats, from the search field too.
  private step(key: string, here: HTMLElement | null): boolean {
    const entries = [...this.renderRoot.querySelectorAll<HTMLElement>(".thread")];
    const place = here ? entries.indexOf(here) : -1;
    const typing = (this.renderRoot as ShadowRoot).activeElement?.tagName === "INPUT";
    const wanted =
      key === "ArrowDown"
        ? place + 1
        : key === "ArrowUp"
          ? place - 1
          : typing
            ? NaN
            : key === "Home"
              ? 0
              : key === "End"
                ? entries.length - 1
                : NaN;
    entries[wanted]?.focus();
    return entries[wanted] !== undefined;
  }

  // While the drawer covers the page, Tab stays in it.
  private keepFocus(event: KeyboardEvent): void {
    if (!this.open) return;
    const all = [...this.renderRoot.querySelectorAll<HTMLElement>("nav button, nav input")].filter(
      (element) => element.getClientRects().length,
    );
    const end = event.shiftKey ? all[0] : all.at(-1);
    if ((this.renderRoot as ShadowRoot).activeElement !== end) return;
    event.preventDefault();
    (event.shiftKey ? all.at(-1) : all[0])?.focus();
  }

  private moveFocus(): void {
    const root = this.getRootNode() as ShadowRoot;
    if (this.open) {
      this.opener = root.activeElement as HTMLElement | null;
      this.renderRoot.querySelector<HTMLElement>(".new")?.focus();
    } else if (this.opener) {
      if (root.activeElement === this || !root.activeElement) this.opener.focus();
      this.opener = null;
    }
  }

  private onTitleKey(event: KeyboardEvent, thread: Thread): void {
    event.stopPropagation();
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    if (event.key === "Escape") this.editing = "";
    else this.finish(event, thread);
    void this.updateComplete.then(() => this.focusThread(thread.id));
  }

  private finish(event: Event, thread: Thread): void {
    if (this.editing !== thread.id) return;
    const title = (event.target as HTMLInputElement).value.trim();
    this.editing = "";
    if (title && title !== thread.title) this.raise("rename", { thread, title } satisfies Renamed);
  }

  private focusThread(id: string): void {
    this.renderRoot.querySelector<HTMLElement>(`.thread[data-id="${CSS.escape(id)}"]`)?.focus();
  }

  private remove_(thread: Thread): void {
    this.commit();
    const entries = [...this.renderRoot.querySelectorAll<HTMLElement>(".thread")];
    const place = entries.findIndex((entry) => entry.dataset["id"] === thread.id);
    const next = entries[place + 1] ?? entries[place - 1];
    this.removed = thread;
    this.count();
    this.left = thread.id === this.current;
    if (this.left) this.raise("create");
    void this.updateComplete.then(() =>
      (next ?? this.renderRoot.querySelector<HTMLElement>(".new"))?.focus(),
    );
  }

  private count(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(this.commit, UNDO_MILLISECONDS);
  }

  private undo(): void {
    clearTimeout(this.timer);
    const thread = this.removed;
    this.removed = null;
    if (thread && this.left) this.raise("open", thread);
    if (thread) void this.updateComplete.then(() => this.focusThread(thread.id));
  }

  // The request goes out only now: until here nothing was deleted.
  private readonly commit = (): void => {
    clearTimeout(this.timer);
    const thread = this.removed;
    if (!thread) return;
    this.removed = null;
    this.raise("remove", thread);
  };
}

if (!customElements.get("owflex-history")) customElements.define("owflex-history", OwflexHistory);
