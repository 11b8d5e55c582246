// Whether a chat that hides behind a button or in a dialog is open.
import type { LitElement } from "lit";

export class Popup {
  on = false;

  constructor(
    private readonly host: LitElement,
    private readonly changed: (on: boolean) => void,
  ) {}

  async show(): Promise<void> {
    this.set(true);
    await this.host.updateComplete;
    this.dialog?.showModal();
  }

  // The dialog's own event comes later, when the chat may be open again: what is closed here is said at once.
  hide(): void {
    this.dialog?.close();
    this.hidden();
  }

  // The browser closes a dialog by itself, too.
  readonly hidden = (): void => {
    if (!this.on || this.dialog?.open) return;
    this.set(false);
    this.host.renderRoot.querySelector<HTMLElement>(".fab")?.focus();
  };

  private set(on: boolean): void {
    this.on = on;
    this.host.requestUpdate();
    this.changed(on);
  }

  private get dialog(): HTMLDialogElement | null {
    return this.host.renderRoot.querySelector<HTMLDialogElement>("dialog.shell");
  }
}
