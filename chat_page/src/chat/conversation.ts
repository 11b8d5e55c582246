// The conversation: what was said, how it scrolls, and what the user's hands do with it.

import type { LitElement, ReactiveController, TemplateResult } from "lit";
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { strings } from "../i18n/strings.ts";
import { fill } from "../i18n/translation.ts";
import type { Source, ThreadItem } from "../protocol/types.ts";
import { isAssistant } from "../protocol/types.ts";
import { copyText } from "../ui/clipboard.ts";
import { icons } from "../ui/icons.ts";
import { sourcesOf } from "./citations.ts";
import { exportMenu } from "./export-menu.ts";
import { isFailureNote } from "./failure-note.ts";
import type { MessageActions } from "./message-actions.ts";
import { message } from "./messages.ts";
import { notices } from "./notices.ts";
import { progress, suggestions } from "./progress.ts";
import { selectedText } from "./selected-text.ts";
import type { Session } from "./session.ts";
import { hidePeek, showPeek } from "./source-preview.ts";
import { endsWithAnswer } from "./thread-state.ts";
import { branch, showVersion } from "./versions.ts";
import { waitingMessages } from "./waiting-message.ts";

// How near the end the page keeps up with the text, and how near the beginning earlier messages are fetched.
const [NEAR_END, NEAR_START] = [120, 240];

export interface ConversationHost extends LitElement {
  quote(text: string): void;
}

export class Conversation implements ReactiveController {
  private follows = true;
  private away = false;
  private shown: { source: Source; from: HTMLElement } | null = null;
  private selected = "";
  private editing = "";
  private voting = "";
  private fetching = false;
  private height = 0;

  constructor(
    private readonly host: ConversationHost,
    private readonly session: Session,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    document.addEventListener("selectionchange", this.onSelection);
    window.addEventListener("online", this.onOnline);
  }

  hostDisconnected(): void {
    document.removeEventListener("selectionchange", this.onSelection);
    window.removeEventListener("online", this.onOnline);
  }

  hostUpdated(): void {
    const log = this.element;
    if (!log) return;
    // Messages put before the others must not move what is being read.
    if (this.height) log.scrollTop += log.scrollHeight - this.height;
    else if (this.follows) log.scrollTop = log.scrollHeight;
    this.height = 0;
  }

  // The next message is followed to its end, wherever the page stood.
  follow(): void {
    this.follows = true;
    this.away = false;
    this.shown = null;
    this.editing = this.voting = "";
    this.session.outbox.hold(null);
  }

  render(): TemplateResult {
    return html`<div class="reading">
      <div class="log" role="log" aria-live="off" tabindex="0" @scroll=${this.onScroll} @click=${this.onClick}
        @pointerover=${this.onPoint} @pointerout=${this.onLeave} @focusin=${this.onPoint}
        @focusout=${this.onLeave} @keydown=${this.onKey}>
        <div class="column">${this.column()}</div>
      </div>
      <div class="peek" role="tooltip" id="peek" hidden></div>
      ${
        this.away
          ? html`<button type="button" class="jump" @click=${this.jump} aria-label=${strings.toEnd}
            title=${strings.toEnd}>${icons.end}</button>`
          : nothing
      }
      ${
        this.selected
          ? html`<button type="button" class="quote-it"
            @click=${this.quote}>${icons.quote}${strings.quote}</button>`
          : nothing
      }
    </div>
    ${this.panel()}`;
  }

  // The conversation as a file, once there is one.
  exportMenu = (): TemplateResult | typeof nothing => exportMenu(this.session);

  // What went wrong or should be known.
  outcome = (): TemplateResult | typeof nothing => notices(this.session);

  private column(): TemplateResult {
    const { session } = this;
    const { items } = session.state;
    const lastAnswer = items.findLast(isAssistant);
    const ask = (text: string): void => this.followed(() => session.send(text));
    return html`${session.loading ? html`<p class="progress">${strings.loading}</p>` : nothing}
      ${
        session.earlierAfter
          ? html`<button type="button" class="more"
            @click=${() => void this.showEarlier()}>${strings.earlier}</button>`
          : nothing
      }
      ${repeat(
        items,
        (item) => item.id,
        (item) => this.item(item, item === items.at(-1), item === lastAnswer),
      )}
      ${waitingMessages(session, this.actions)} ${progress(session)} ${suggestions(session, ask)}
      ${this.outcome()}`;
  }

  // Drawn again only when something of it has changed: a long conversation stays quick while text arrives.
  private item(item: ThreadItem, newest: boolean, lastAnswer: boolean): unknown {
    const { session } = this;
    const writing = session.answering && newest;
    const last = lastAnswer && !session.answering && endsWithAnswer(session.state.items);
    const needs = [
      item,
      writing,
      last,
      session.answering,
      session.extras.votes.get(item.id),
      session.extras.versions.get(item.id),
      this.editing === item.id,
      this.voting === item.id,
      session.mayWrite,
      session.api.keepsTasks,
      isFailureNote(item) && session.questionOf(item),
    ];
    return guard(needs, () => message(item, this.actions, !writing, last));
  }

  private panel(): TemplateResult | typeof nothing {
    if (!this.shown) return nothing;
    return html`<owflex-passage part="passage" .source=${this.shown.source} .api=${this.session.api}
      @close=${this.closePanel}></owflex-passage>`;
  }

  private readonly actions: MessageActions = {
    copy: (text) => void this.copy(text),
    vote: (item, kind, reason) => void this.vote(item, kind, reason),
    voteOf: (item) => this.session.extras.votes.get(item.id),
    askWhy: (item) =>
      this.change(() => (this.voting = item?.id ?? ""), item ? `[data-item="${item.id}"] .why input` : ""),
    asksWhy: (item) => this.voting === item.id,
    retry: () => void this.session.retry(),
    mayAskAgain: (note) => !!this.session.questionOf(note),
    askAgain: (note) => this.followed(() => this.session.askAgain(note)),
    keepsTasks: () => this.session.api.keepsTasks,
    act: (item, action) => void this.session.act(item, action),
    submit: (item, submission) => void this.session.submit(item, submission),
    versionOf: (item) => this.session.extras.versions.get(item.id),
    showVersion: (item, number) => void showVersion(this.session, item, number),
    branches: () => this.session.api.branches,
    branch: (item) => void branch(this.session, item),
    busy: () => this.session.answering || !this.session.mayWrite,
    open: (source, from) => this.open(source, from),
    edits: (item) => this.editing === item.id,
    edit: (item) => {
      this.session.outbox.hold(item);
      this.change(() => (this.editing = item?.id ?? ""), ".edit textarea");
    },
    resend: (item, text) => {
      this.follow();
      if (!this.session.outbox.change(item, text)) void this.session.edit(item, text);
    },
  };

  private get element(): HTMLElement | null {
    return this.host.renderRoot.querySelector(".log");
  }

  private change(work: () => void, focus = ""): void {
    work();
    this.host.requestUpdate();
    if (focus)
      void this.host.updateComplete.then(() =>
        this.host.renderRoot.querySelector<HTMLElement>(focus)?.focus(),
      );
  }

  private readonly onOnline = (): void => void this.session.outbox.flush();
  private followed(work: () => Promise<void>): void {
    this.follow();
    void work();
  }

  private async vote(item: ThreadItem, kind: "positive" | "negative" | null, reason?: string): Promise<void> {
    if (!(await this.session.attempt(() => this.session.extras.vote(item, kind, reason)))) return;
    this.change(() => (this.voting = kind === "negative" && reason === undefined ? item.id : ""));
    this.session.status = kind ? strings.thanks : strings.voteTaken;
  }

  private async copy(text: string): Promise<void> {
    const done = await copyText(text);
    this.change(() => (this.session.status = done ? strings.copied : strings.notCopied));
  }

  private async showEarlier(): Promise<void> {
    if (this.fetching || !this.session.earlierAfter) return;
    this.fetching = true;
    try {
      await this.session.showEarlier(() => (this.height = this.element?.scrollHeight ?? 0));
    } finally {
      this.fetching = false;
    }
  }

  private readonly onScroll = (): void => {
    const log = this.element;
    if (!log) return;
    const left = log.scrollHeight - log.scrollTop - log.clientHeight;
    this.follows = left < NEAR_END;
    hidePeek(this.host.renderRoot);
    if (log.scrollTop < NEAR_START && !this.follows) void this.showEarlier();
    const away = left > log.clientHeight;
    if (away !== this.away) this.change(() => (this.away = away));
  };

  private readonly jump = (): void => {
    this.follow();
    this.host.requestUpdate();
    this.element?.focus({ preventScroll: true });
  };

  // Marks and code come from Markdown, so their clicks are caught here.
  private readonly onClick = (event: MouseEvent): void => {
    const target = event.target as HTMLElement;
    const mark = target.closest<HTMLElement>("[data-source]");
    const source = mark && this.sourceOf(mark);
    if (mark && source) return this.open(source, mark);
    const copy = target.closest<HTMLElement>("[data-copy-code]");
    const code = copy?.closest(".code")?.querySelector("code");
    if (copy && code) void this.copy(code.textContent ?? "").then(() => (copy.textContent = strings.copied));
  };

  private readonly onPoint = (event: Event): void => {
    const mark = (event.target as HTMLElement).closest<HTMLElement>("[data-source]");
    const source = mark && this.sourceOf(mark);
    if (mark && source) showPeek(this.host.renderRoot, mark, source);
  };

  private readonly onLeave = (event: Event): void => {
    if ((event.target as HTMLElement).closest("[data-source]")) hidePeek(this.host.renderRoot);
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") hidePeek(this.host.renderRoot);
  };

  private readonly onSelection = (): void => {
    const text = this.element ? selectedText(this.host.renderRoot as ShadowRoot) : "";
    if (text !== this.selected) this.change(() => (this.selected = text));
  };

  private readonly quote = (): void => {
    this.host.quote(this.selected);
    document.getSelection()?.removeAllRanges();
    this.change(() => (this.selected = ""));
  };

  private sourceOf(mark: HTMLElement): Source | undefined {
    const id = mark.closest<HTMLElement>(".answer")?.dataset["item"];
    const item = this.session.state.items.find((other) => other.id === id);
    return item && isAssistant(item) ? sourcesOf(item.content)[Number(mark.dataset["source"])] : undefined;
  }

  private open(source: Source, from: HTMLElement): void {
    hidePeek(this.host.renderRoot);
    this.follows = false;
    import("./passage-panel.ts").catch(() => (this.session.status = strings.noView));
    this.session.status = fill(strings.opened, { title: source.title });
    this.change(() => (this.shown = { source, from }));
  }

  private readonly closePanel = (): void => {
    const from = this.shown?.from;
    this.change(() => (this.shown = null));
    if (from?.isConnected) from.focus();
    else this.element?.focus();
  };
}
