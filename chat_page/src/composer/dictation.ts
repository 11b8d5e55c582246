// The button that takes what is said and gives it as words.

import type { TemplateResult } from "lit";
import { html, LitElement } from "lit";
import { strings } from "../i18n/strings.ts";
import type { Api } from "../protocol/api.ts";
import { icons } from "../ui/icons.ts";
import type { Recording } from "./recording.ts";
import { MAX_SECONDS, startRecording, wordsIn } from "./recording.ts";
import { dictationStyles } from "./styles.ts";

export const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

// The button and, while it listens, its clock. Raises `words` with what was said, and `problem` with a
// sentence (an empty one when it is over).
export class OwflexDictation extends LitElement {
  static override properties = {
    api: { attribute: false },
    disabled: { type: Boolean },
    recording: { state: true },
    seconds: { state: true },
    writing: { state: true },
  };
  static override styles = dictationStyles;

  api: Api | null = null;
  disabled = false;
  private recording: Recording | null = null;
  private seconds = 0;
  private writing = false;
  private timer = 0;

  override disconnectedCallback(): void {
    this.cancel();
    super.disconnectedCallback();
  }

  protected override render(): TemplateResult {
    if (this.writing) return html`<span class="busy" role="status">${strings.writingDown}</span>`;
    if (!this.recording) return this.button(strings.dictate, icons.mic, () => void this.start());
    return html`<div class="on" role="group" aria-label=${strings.listening} @keydown=${this.onKey}>
      ${this.button(strings.dropDictation, icons.close, () => this.cancel())}
      <i aria-hidden="true"></i><span role="timer">${clock(this.seconds)}</span>
      ${this.button(strings.useDictation, icons.check, () => void this.finish())}</div>`;
  }

  private button(label: string, icon: unknown, run: () => void): TemplateResult {
    return html`<button type="button" ?disabled=${this.disabled} title=${label} aria-label=${label}
      @click=${run}>${icon}</button>`;
  }

  private async start(): Promise<void> {
    this.tell("problem", "");
    try {
      this.recording = await startRecording();
    } catch (error) {
      return this.tell("problem", (error as Error).message);
    }
    if (!this.isConnected) return this.cancel();
    this.seconds = 0;
    this.timer = window.setInterval(() => {
      this.seconds += 1;
      if (this.seconds >= MAX_SECONDS) void this.finish();
    }, 1000);
    await this.refocus("button:last-of-type");
  }

  private async finish(): Promise<void> {
    const { recording, api } = this;
    if (!recording || !api) return;
    this.forget();
    this.writing = true;
    try {
      this.tell("words", await wordsIn(await recording.stop(), api));
    } catch (error) {
      this.tell("problem", (error instanceof Error && error.message) || strings.refused);
    } finally {
      this.writing = false;
    }
  }

  private cancel(): void {
    this.recording?.cancel();
    this.forget();
    void this.refocus("button");
  }

  private forget(): void {
    clearInterval(this.timer);
    this.recording = null;
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.cancel();
  }

  // The button that had the focus is gone with the old picture.
  private async refocus(selector: string): Promise<void> {
    await this.updateComplete;
    if (this.isConnected) this.renderRoot.querySelector<HTMLElement>(selector)?.focus();
  }

  private tell(name: string, detail: string): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

if (!customElements.get("owflex-dictation")) customElements.define("owflex-dictation", OwflexDictation);
