// The custom element: the page's frame, and what the user's hands do.
import { LitElement, html, nothing } from "lit";
import type { PropertyValues, TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { applyTheme, copyText, nextTheme, savedTheme } from "./browser.ts";
import { askForTitle, askToRemove } from "./dialogs.ts";
import { icons } from "./icons.ts";
import { message } from "./messages.ts";
import type { MessageActions } from "./messages.ts";
import { Api } from "./protocol.ts";
import { Session } from "./session.ts";
import { sidebar } from "./sidebar.ts";
import { strings } from "./strings.ts";
import { styles } from "./styles.ts";
import type { Config, Prompt, Thread, ThreadItem } from "./types.ts";

// How near the end the page must be to keep up with the text that is written.
const NEAR_END = 120;

export class OwflexChat extends LitElement {
  static override styles = styles;

  private config: Config = { title: "OwFlex", greeting: "", prompts: [], model: { name: "", extractive: false } };
  private theme = savedTheme();
  private drawer = false;
  private follows = true;
  private session = new Session(
    new Api("/chatkit"),
    () => this.requestUpdate(),
    (threadId) => this.showAddress(threadId),
  );

  override connectedCallback(): void {
    super.connectedCallback();
    applyTheme(this.theme);
    window.addEventListener("popstate", this.goToAddress);
    void this.loadConfig();
    void this.session.start(location.hash.slice(1) || null);
  }

  override disconnectedCallback(): void {
    window.removeEventListener("popstate", this.goToAddress);
    super.disconnectedCallback();
  }

  protected override render(): TemplateResult {
    const { state, threads, moreThreads } = this.session;
    return html`<a class="skip" href="#composer" @click=${this.skip}>${strings.skip}</a>
      <div class="frame" ?data-drawer=${this.drawer}>
        <div class="shade" @click=${() => this.setDrawer(false)}></div>
        ${sidebar(threads, state.thread?.id, moreThreads, {
          open: (threadId) => this.open(threadId),
          create: () => this.create(),
          rename: (thread) => void this.rename(thread),
          remove: (thread) => void this.remove_(thread),
          more: () => void this.session.listThreads(true),
          close: () => this.setDrawer(false),
        })}
        <main>
          ${this.header()} ${state.items.length || this.session.loading ? this.log() : this.welcome()} ${this.composer()}
        </main>
      </div>
      <p class="unseen" role="status">${this.session.status}</p>`;
  }

  protected override updated(_changed: PropertyValues): void {
    const log = this.renderRoot.querySelector(".log");
    if (log && this.follows) log.scrollTop = log.scrollHeight;
    document.title = this.session.state.thread?.title || this.config.title;
  }

  private header(): TemplateResult {
    const theme = strings.themes[this.theme];
    return html`<header>
      <button type="button" class="icon open-drawer" title=${strings.openHistory} aria-label=${strings.openHistory}
        aria-expanded=${String(this.drawer)} @click=${() => this.setDrawer(true)}>${icons.menu}</button>
      <h1>${this.session.state.thread?.title || this.config.title}</h1>
      <button type="button" class="icon" title=${theme} aria-label=${theme} @click=${this.changeTheme}>${icons.theme}</button>
    </header>`;
  }

  private welcome(): TemplateResult {
    return html`<section class="welcome">
      <p class="greeting">${this.config.greeting}</p>
      <div class="prompts">
        ${this.config.prompts.map((prompt) => html`<button type="button" @click=${() => this.usePrompt(prompt)}>${prompt.label}</button>`)}
      </div>
      ${this.config.model.extractive ? html`<p class="note">${strings.extractive}</p>` : nothing} ${this.outcome()}
    </section>`;
  }

  private log(): TemplateResult {
    const { items } = this.session.state;
    const lastAnswer = items.findLast((item) => item.type === "assistant_message");
    return html`<div class="log" role="log" aria-live="off" tabindex="0" @scroll=${this.noteScroll} @click=${this.onLogClick}>
      <div class="column">
        ${this.session.loading ? html`<p class="progress">${strings.loading}</p>` : nothing}
        ${this.session.earlierAfter
          ? html`<button type="button" class="more" @click=${() => void this.session.showEarlier()}>${strings.earlier}</button>`
          : nothing}
        ${repeat(items, (item) => item.id, (item) =>
          message(item, this.actions, !this.session.answering || item !== items.at(-1), item === lastAnswer && !this.session.answering),
        )}
        ${this.progress()} ${this.outcome()}
      </div>
    </div>`;
  }

  private progress(): TemplateResult | typeof nothing {
    const writes = this.session.state.items.at(-1)?.type === "assistant_message";
    if (!this.session.answering || writes) return nothing;
    return html`<p class="progress"><span class="dots"><i></i><i></i><i></i></span>${this.session.state.progress}</p>`;
  }

  private outcome(): TemplateResult | typeof nothing {
    const { failure, notice } = this.session.state;
    if (failure) {
      return html`<div class="failure" role="alert"><p>${failure.text}</p>
        ${failure.retry
          ? html`<button type="button" @click=${() => void this.session.retry()}>${strings.tryAgain}</button>`
          : html`<button type="button" @click=${() => this.session.dismiss()}>${strings.dismiss}</button>`}</div>`;
    }
    if (!notice) return nothing;
    return html`<div class="notice" data-level=${notice.level}><p>${notice.title ? html`<b>${notice.title}</b> ` : nothing}${notice.text}</p>
      <button type="button" @click=${() => this.session.dismiss()}>${strings.dismiss}</button></div>`;
  }

  private composer(): TemplateResult {
    const answering = this.session.answering;
    return html`<form class="composer" @submit=${this.submit}>
      <textarea id="composer" rows="1" maxlength="20000" placeholder=${strings.askPlaceholder} aria-label=${strings.askPlaceholder}
        @keydown=${this.onKey} @input=${this.grow}></textarea>
      ${answering
        ? html`<button type="button" class="send" title=${strings.stop} aria-label=${strings.stop} @click=${() => this.session.stop()}>${icons.stop}</button>`
        : html`<button class="send" title=${strings.send} aria-label=${strings.send}>${icons.send}</button>`}
    </form>`;
  }

  private readonly actions: MessageActions = {
    copy: (text) => void this.copy(text),
    vote: (item, kind) => void this.session.vote(item, kind),
    voteOf: (item: ThreadItem) => this.session.votes.get(item.id),
    retry: () => void this.session.retry(),
    act: (item, action) => void this.session.act(item, action),
    busy: () => this.session.answering,
  };

  private get textarea(): HTMLTextAreaElement {
    return this.renderRoot.querySelector("textarea") as HTMLTextAreaElement;
  }

  private onKey(event: KeyboardEvent): void {
    // While an input method composes a word, Enter belongs to it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit(event);
  }

  private submit(event: Event): void {
    event.preventDefault();
    const text = this.textarea.value.trim();
    if (!text || this.session.answering) return;
    this.textarea.value = "";
    this.grow();
    this.ask(text);
  }

  private usePrompt(prompt: Prompt): void {
    this.ask(prompt.prompt);
  }

  private ask(text: string): void {
    this.follows = true;
    void this.session.send(text);
  }

  private grow(): void {
    const area = this.textarea;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }

  private noteScroll(event: Event): void {
    const log = event.currentTarget as HTMLElement;
    this.follows = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
  }

  // Marks and code come from Markdown, so their clicks are caught here.
  private onLogClick(event: MouseEvent): void {
    const target = event.target as HTMLElement;
    const mark = target.closest<HTMLElement>("[data-source]");
    if (mark) return this.showSource(mark);
    const copy = target.closest<HTMLElement>("[data-copy-code]");
    const code = copy?.closest(".code")?.querySelector("code");
    if (copy && code) void this.copy(code.textContent ?? "").then(() => (copy.textContent = strings.copied));
  }

  private showSource(mark: HTMLElement): void {
    const source = mark.closest(".answer")?.querySelector<HTMLDetailsElement>(`details[data-place="${mark.dataset["source"]}"]`);
    if (!source) return;
    this.follows = false;
    source.open = true;
    source.scrollIntoView({ block: "nearest" });
    source.querySelector("summary")?.focus({ preventScroll: true });
  }

  private async copy(text: string): Promise<void> {
    await copyText(text);
    this.session.status = strings.copied;
    this.requestUpdate();
  }

  private open(threadId: string): void {
    this.follows = true;
    this.setDrawer(false);
    void this.session.open(threadId);
  }

  private create(): void {
    this.setDrawer(false);
    this.session.create();
    this.textarea.focus();
  }

  private async rename(thread: Thread): Promise<void> {
    const title = await askForTitle(this.renderRoot as ShadowRoot, thread.title ?? "");
    if (title) await this.session.rename(thread, title);
  }

  private async remove_(thread: Thread): Promise<void> {
    if (await askToRemove(this.renderRoot as ShadowRoot)) await this.session.remove(thread);
  }

  private setDrawer(open: boolean): void {
    this.drawer = open;
    this.requestUpdate();
  }

  private changeTheme(): void {
    this.theme = nextTheme(this.theme);
    applyTheme(this.theme);
    this.session.status = strings.themes[this.theme];
    this.requestUpdate();
  }

  private skip(event: Event): void {
    event.preventDefault();
    this.textarea.focus();
  }

  private showAddress(threadId: string | null): void {
    const hash = threadId ? `#${threadId}` : "";
    if (location.hash !== hash) history.pushState(null, "", `${location.pathname}${location.search}${hash}`);
  }

  private readonly goToAddress = (): void => {
    const threadId = location.hash.slice(1);
    if (threadId) this.open(threadId);
    else this.session.create();
  };

  private async loadConfig(): Promise<void> {
    try {
      this.config = (await (await fetch("/config.json")).json()) as Config;
    } catch {
      this.session.status = strings.unreachable;
    }
    this.requestUpdate();
  }
}
