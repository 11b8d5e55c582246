// The message box: text, files, tags, dictation, and what a message is sent with.

import type { PropertyValues, TemplateResult } from "lit";
import { html, LitElement, nothing } from "lit";
import { attach } from "../attachments/attached-file.ts";
import { refusal } from "../attachments/file-rules.ts";
import { strings } from "../i18n/strings.ts";
import { fill } from "../i18n/translation.ts";
import type { Api } from "../protocol/api.ts";
import type { Config } from "../protocol/types.ts";
import type { Outgoing, Tag } from "../protocol/user-message.ts";
import { FileDrop } from "../ui/file-drop.ts";
import { icons } from "../ui/icons.ts";
import { obstacle, roomLeft } from "./draft-checks.ts";
import type { ComposerValue, Draft } from "./drafts.ts";
import { draftOf, moveDraft, NEW, saveText } from "./drafts.ts";
import { MentionBox } from "./mentions.ts";
import { canRecord } from "./recording.ts";
import { composerStyles } from "./styles.ts";
import { picker, tray } from "./tray.ts";

// Raises `send` with an `Outgoing`, and `stop`.
export class OwflexComposer extends LitElement {
  static override styles = composerStyles;
  static override properties = {
    api: { attribute: false },
    config: { attribute: false },
    threadId: { attribute: false },
    answering: { type: Boolean },
    locked: {},
    dictation: {},
    model: { state: true },
    tool: { state: true },
    problem: { state: true },
  };

  api: Api | null = null;
  config: Config | null = null;
  threadId: string | null = null;
  answering = false;
  // Why nothing can be sent now.
  locked = "";
  // "send" sends what was said at once.
  dictation = "";
  private model = "";
  private tool = "";
  private problem = "";
  private draft: Draft = draftOf(NEW);
  // Whether a message is under way that makes a new chat of this.
  private begun = false;
  private readonly mentions = new MentionBox(
    () => this.requestUpdate(),
    (tag, mention) => this.mention(tag, mention.start, mention.query),
  );
  // Files may be dropped anywhere on the chat that this box stands in.
  private readonly drop = new FileDrop(
    this,
    () => (this.getRootNode() as ShadowRoot).host ?? this,
    () => Boolean(this.config?.attachments) && !this.locked,
    (files) => this.add(files),
  );

  override focus(options?: FocusOptions): void {
    this.textarea?.focus(options);
  }

  setComposerValue({ text, quoted, tags, files, model, tool }: ComposerValue): void {
    if (text !== undefined) this.write(text);
    if (quoted !== undefined) this.draft.quoted = quoted;
    if (tags) this.draft.tags = tags;
    if (model !== undefined) this.model = model;
    if (tool !== undefined) this.tool = tool;
    if (files) this.add(files);
    this.requestUpdate();
  }

  // As if it had been typed here and sent; the draft stays.
  sendUserMessage(message: string | Outgoing): void {
    const given = typeof message === "string" ? { text: message } : message;
    if (!this.answering && !this.locked) this.raise({ ...this.choices(), ...given });
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.threadId === null && changed.get("answering") === true) this.begun = false;
    if (changed.has("threadId")) this.changeThread(changed.get("threadId") as string | null | undefined);
    // Fetched where there is dictation; the button shows itself when it is there.
    if (changed.has("config") && this.hears) import("./dictation.ts").catch(() => undefined);
    if (changed.has("api") && this.api) this.mentions.use(this.api);
  }

  protected override updated(): void {
    const area = this.textarea;
    if (!area) return;
    if (area.value !== this.draft.text) area.value = this.draft.text;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }

  protected override render(): TemplateResult {
    const { attachments, models = [], tools = [] } = this.config ?? {};
    const named = tools.map(({ id, label }) => [id, label]);
    const plain = !attachments && !models.length && !tools.length && !this.hears;
    return html`<form class="box ${plain ? "plain" : ""}" ?data-locked=${Boolean(this.locked)}
      @submit=${this.submit}>
        ${tray(this.draft, (run) => this.change(run))} ${this.mentions.list()} ${this.area()}
        <div class="bar">
          ${attachments ? this.attachButton() : nothing}
          ${picker(
            strings.chooseModel,
            models.map((name) => [name, name]),
            this.model,
            (name) => (this.model = name),
          )}
          ${picker(
            strings.chooseTool,
            tools.length ? [["", strings.noTool], ...named] : [],
            this.tool,
            (id) => (this.tool = id),
          )}
          <span class="gap"></span> ${this.room()}
          ${
            this.hears
              ? html`<owflex-dictation .api=${this.api} ?disabled=${Boolean(this.locked)}
                @words=${this.onWords} @problem=${this.onProblem}></owflex-dictation>`
              : nothing
          }
          ${this.sendButton()}
        </div>
      </form>
      ${
        this.problem
          ? html`<p class="problem" role="alert">${this.problem}</p>`
          : this.locked
            ? html`<p class="reason" id="reason">${this.locked}</p>`
            : nothing
      }
      ${this.drop.over ? html`<p class="drop">${strings.dropFiles}</p>` : nothing}`;
  }

  private area(): TemplateResult {
    return html`<textarea id="composer" rows="1" placeholder=${strings.askPlaceholder}
      aria-label=${strings.askPlaceholder} ?disabled=${Boolean(this.locked)}
      aria-describedby=${this.locked ? "reason" : nothing}
      aria-autocomplete=${this.config?.knowledge ? "list" : nothing}
      aria-controls=${this.mentions.open ? "options" : nothing}
      aria-activedescendant=${this.mentions.active ?? nothing} @keydown=${this.onKey}
      @input=${this.onInput} @click=${this.look} @paste=${this.onPaste}
      @blur=${() => this.mentions.close()}></textarea>`;
  }

  private attachButton(): TemplateResult {
    const choose = (): void => this.renderRoot.querySelector("input")?.click();
    return html`<input type="file" multiple accept=${this.config?.attachments?.endings.join() ?? nothing}
      @change=${this.onChosen}>
      <button type="button" title=${strings.attachFiles} aria-label=${strings.attachFiles}
        ?disabled=${Boolean(this.locked)} @click=${choose}>${icons.attach}</button>`;
  }

  private sendButton(): TemplateResult {
    if (this.answering) {
      return html`<button type="button" class="send" title=${strings.stop} aria-label=${strings.stop}
        @click=${() => this.dispatchEvent(new CustomEvent("stop"))}>${icons.stop}</button>`;
    }
    return html`<button class="send" title=${strings.send} aria-label=${strings.send}
      ?disabled=${Boolean(this.locked) || this.isEmpty}>${icons.send}</button>`;
  }

  private room(): TemplateResult | typeof nothing {
    const left = roomLeft(this.draft);
    if (left === null) return nothing;
    return html`<span class="count" ?data-bad=${left < 0}>${fill(strings.leftOver, { count: left })}</span>`;
  }

  private get textarea(): HTMLTextAreaElement | null {
    return this.renderRoot.querySelector("textarea");
  }

  private get hears(): boolean {
    return Boolean(this.config?.dictation) && canRecord();
  }

  private get isEmpty(): boolean {
    return !this.draft.text.trim() && !this.draft.files.length;
  }

  private changeThread(before: string | null | undefined): void {
    // The chat just begun goes on with what was typed meanwhile.
    if (before === null && this.threadId && this.begun) moveDraft(NEW, this.threadId);
    this.begun = false;
    this.draft = draftOf(this.threadId ?? NEW);
    this.problem = "";
    this.mentions.close();
  }

  private write(text: string): void {
    this.draft.text = text;
    saveText(this.threadId ?? NEW, text);
    this.requestUpdate();
  }

  private change(change: () => void): void {
    change();
    this.problem = "";
    this.requestUpdate();
    this.focus();
  }

  private onInput(): void {
    this.write(this.textarea?.value ?? "");
    this.problem = "";
    this.look();
  }

  // What stands at the caret may be a mention.
  private look(): void {
    const area = this.textarea;
    if (area && this.config?.knowledge) this.mentions.look(area.value, area.selectionStart);
  }

  private mention(tag: Tag, start: number, query: string): void {
    const { text, tags } = this.draft;
    this.write(text.slice(0, start) + text.slice(start + 1 + query.length).replace(/^ /, ""));
    if (!tags.some((other) => other.id === tag.id)) this.draft.tags = [...tags, tag];
    void this.updateComplete.then(() => this.textarea?.setSelectionRange(start, start));
    this.focus();
  }

  private onKey(event: KeyboardEvent): void {
    // While an input method composes a word, all keys belong to it; Safari ends it before it says so.
    if (event.isComposing || event.keyCode === 229 || this.mentions.takes(event)) return;
    if (event.key === "Enter" && !event.shiftKey) this.submit(event);
    if (event.key === "Backspace" && !this.draft.text && this.draft.tags.length)
      this.change(() => (this.draft.tags = this.draft.tags.slice(0, -1)));
  }

  private submit(event: Event): void {
    event.preventDefault();
    if (this.answering || this.locked || this.isEmpty) return;
    const { text, quoted, tags, files } = this.draft;
    this.problem = obstacle(this.draft);
    if (this.problem) return;
    const attachments = files.flatMap((file) => file.sent?.id ?? []);
    this.write("");
    Object.assign(this.draft, { quoted: "", tags: [], files: [] });
    this.raise({ ...this.choices(), text: text.trim(), attachments, tags, ...(quoted ? { quoted } : {}) });
  }

  private choices(): Partial<Outgoing> {
    return { ...(this.model ? { model: this.model } : {}), ...(this.tool ? { tool: this.tool } : {}) };
  }

  private raise(message: Outgoing): void {
    this.begun = this.threadId === null;
    this.dispatchEvent(new CustomEvent<Outgoing>("send", { detail: message }));
  }

  private add(files: Iterable<File>): void {
    const { config, api } = this;
    if (!config?.attachments || !api || this.locked) return;
    const draft = this.draft;
    this.problem = "";
    for (const file of files) {
      const why = refusal(file, draft.files.length, config.attachments);
      if (why) this.problem = why;
      else draft.files = [...draft.files, attach(file, api, () => this.requestUpdate())];
    }
    this.requestUpdate();
    this.focus();
  }

  private onChosen(event: Event): void {
    const input = event.target as HTMLInputElement;
    this.add([...(input.files ?? [])]);
    input.value = "";
  }

  private onPaste(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    // Copied cells come as text and as a picture of it: the text is meant.
    if (!files.length || event.clipboardData?.types.includes("text/plain")) return;
    event.preventDefault();
    this.add(files);
  }

  private onWords(event: CustomEvent<string>): void {
    const before = this.draft.text.trimEnd();
    this.write(before ? `${before} ${event.detail}` : event.detail);
    this.focus();
    if (this.dictation === "send") this.submit(event);
  }

  private onProblem(event: CustomEvent<string>): void {
    this.problem = event.detail;
  }
}

if (!customElements.get("owflex-composer")) customElements.define("owflex-composer", OwflexComposer);
