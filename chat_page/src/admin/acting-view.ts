// What the tabs share in which something is changed: one thing at a time, and how it went.

import type { TemplateResult } from "lit";
import { html, LitElement, nothing } from "lit";
import { confirm } from "../ui/confirm.ts";
import type { AdminApi } from "./api.ts";
import { sentenceOf } from "./api.ts";
import { words } from "./strings.ts";
import { adminStyles } from "./styles.ts";

export abstract class ActingView<Known> extends LitElement {
  static override styles = adminStyles;
  static override properties = { api: { attribute: false }, known: { attribute: false } };

  api: AdminApi | null = null;
  known: Known | null = null;
  protected busy = false;
  private failure = "";
  private status = "";
  private hasActed = false;

  protected override updated(): void {
    const root = this.shadowRoot;
    if (!this.hasActed || this.busy || root?.activeElement) return;
    // The button that was pressed may be gone with its row.
    if (document.activeElement === document.body || document.activeElement?.contains(this))
      root?.querySelector<HTMLElement>(".told")?.focus({ preventScroll: true });
  }

  // How the last change went; it has the focus where the changed thing is gone.
  protected told(): TemplateResult {
    return html`<div class="told" tabindex="-1">
      ${this.failure ? html`<p class="alert" role="alert">${this.failure}</p>` : nothing}
      <p class="unseen" role="status">${this.status}</p></div>`;
  }

  protected ask(title: string, text: string, yes: string): Promise<boolean> {
    return confirm(this.renderRoot as ShadowRoot, { title, text, yes, no: words.cancel });
  }

  protected call(tool: string, values: Record<string, unknown>): Promise<void> {
    return this.act((api) => api.call(tool, values));
  }

  protected async act(work: (api: AdminApi) => Promise<unknown>): Promise<void> {
    const { api } = this;
    if (!api || this.busy) return;
    this.failure = this.status = "";
    this.busy = true;
    this.requestUpdate();
    try {
      await work(api);
      this.status = words.saved;
      this.hasActed = true;
      this.dispatchEvent(new CustomEvent("changed"));
    } catch (error) {
      this.failure = sentenceOf(error);
    }
    this.busy = false;
    this.requestUpdate();
  }
}
