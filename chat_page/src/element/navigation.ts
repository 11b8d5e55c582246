// Where in the page the user is: in a chat or in another view, and whether the drawer of chats is out.
import type { LitElement } from "lit";
import type { Session } from "../chat/session.ts";
import { strings } from "../i18n/strings.ts";
import { Address } from "./address.ts";
import { inAdmin, inKnowledge, loadAdmin, loadKnowledge } from "./page-views.ts";

interface Host extends LitElement {
  readonly session: Session;
  // The next message is followed to its end.
  follow(): void;
  announce(text: string): void;
  focusMessageBox(): void;
}

export class Navigation {
  knowledge = false;
  admin = false;
  drawer = false;
  readonly address = new Address((hash) => this.go(hash));

  constructor(private readonly host: Host) {}

  // Goes where an address says.
  go(hash: string): void {
    this.knowledge = inKnowledge(hash);
    this.admin = inAdmin(hash);
    const loaded = this.knowledge ? loadKnowledge() : this.admin ? loadAdmin() : null;
    if (loaded) void loaded.catch(() => this.host.announce(strings.noView));
    else if (hash) this.show(hash);
    else this.host.session.create();
    this.host.requestUpdate();
  }

  show(threadId: string): void {
    this.host.follow();
    this.leave();
    void this.host.session.open(threadId);
  }

  create(): void {
    this.leave();
    this.host.session.create();
    void this.host.updateComplete.then(() => this.host.focusMessageBox());
  }

  // The address follows the chat; in the knowledge view it names what is shown there.
  opened(threadId: string | null): void {
    if (!this.knowledge && !this.admin) this.address.show(threadId);
  }

  setDrawer(open: boolean): void {
    this.drawer = open;
    this.host.requestUpdate();
  }

  private leave(): void {
    this.knowledge = this.admin = false;
    this.setDrawer(false);
  }
}
