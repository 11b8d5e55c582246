// The custom element: the frame of the chat, what the site around it may set and call, and what it is told.
import "../composer/composer.ts";
import "../history/chat-list.ts";
import type { PropertyValues, TemplateResult } from "lit";
import { html, LitElement, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import type { Conversation } from "../chat/conversation.ts";
import { Session } from "../chat/session.ts";
import { answerStyles } from "../chat/styles.ts";
import { sentStyles } from "../chat/user-message.ts";
import type { OwflexComposer } from "../composer/composer.ts";
import type { ComposerValue } from "../composer/drafts.ts";
import { signInAgain } from "../composer/drafts.ts";
import { strings } from "../i18n/strings.ts";
import { language, translated } from "../i18n/translation.ts";
import { proseStyles } from "../markdown/styles.ts";
import { Api } from "../protocol/api.ts";
import { type TokenProvider, Tokens } from "../protocol/tokens.ts";
import type { Prompt } from "../protocol/types.ts";
import type { Outgoing } from "../protocol/user-message.ts";
import type { Theme } from "../ui/theme.ts";
import { applyTheme, nextTheme, savedTheme } from "../ui/theme.ts";
import { frame } from "./frame.ts";
import { frameStyles } from "./frame-styles.ts";
import { FullScreen } from "./full-screen.ts";
import type { Mode } from "./modes.ts";
import { inMode } from "./modes.ts";
import { Navigation } from "./navigation.ts";
import { inAdmin, inKnowledge } from "./page-views.ts";
import { Popup } from "./popup.ts";
import { SiteEvents } from "./site-events.ts";
import { Startup } from "./startup.ts";
import { styles } from "./styles.ts";

// Fetched at once; meanwhile the page is shown and can be typed into.
const conversationModule = import("../chat/conversation.ts");

export class OwflexChat extends LitElement {
  static override styles = [styles, proseStyles, answerStyles, sentStyles, frameStyles];
  static override properties = {
    url: {},
    token: {},
    tokenProvider: { attribute: false },
    siteKey: { attribute: "site-key" },
    theme: { reflect: true },
    locale: {},
    greeting: {},
    heading: {},
    prompts: { attribute: false },
    mode: { reflect: true },
    threadId: { attribute: "thread-id" },
    history: {},
  };

  url = "";
  token = "";
  tokenProvider: TokenProvider | null = null;
  siteKey = "";
  theme: Theme = "system";
  locale = "";
  greeting = "";
  heading = "";
  prompts: Prompt[] | null = null;
  mode: Mode = "panel";
  threadId: string | null = null;
  history = "on";

  readonly tokens = new Tokens(() => this.requestUpdate());
  readonly api = new Api("", this.tokens);
  readonly session = new Session(
    this.api,
    () => this.changed(),
    (threadId) => this.navigation.opened(threadId),
  );
  conversation: Conversation | null = null;
  readonly startup = new Startup(this, this.tokens, () => this.firstShow());
  private readonly site = new SiteEvents(this, () => this.tokens.refused);
  readonly navigation = new Navigation(this);
  private readonly popup = new Popup(this, (on) => this.opened(on));
  readonly screen = new FullScreen(this, () => this.renderRoot.querySelector(".root"));

  override connectedCallback(): void {
    super.connectedCallback();
    this.session.effect = (name, data) => this.site.tell("effect", { name, data });
    this.session.clientAction = (action, item) =>
      this.site.tell("action", { action, itemId: item?.id ?? null });
    // A title would be shown as a hint over the whole chat.
    this.heading ||= this.getAttribute("title") ?? "";
    this.removeAttribute("title");
    // A skip link has to lead to something that can be found from outside of the shadow.
    this.id ||= "owflex-chat";
    if (this.isPage) {
      this.theme = savedTheme();
      this.navigation.address.use();
    }
    this.keys.addEventListener("keydown", this.onKey);
    void conversationModule.then(
      ({ Conversation }) => {
        this.conversation ??= new Conversation(this, this.session);
        this.requestUpdate();
      },
      () => this.announce(strings.noView),
    );
    if (this.mode === "page" || this.mode === "panel") void this.startup.begin();
  }

  override disconnectedCallback(): void {
    this.navigation.address.leave();
    this.keys.removeEventListener("keydown", this.onKey);
    super.disconnectedCallback();
  }

  async sendUserMessage({
    newThread = false,
    ...message
  }: Outgoing & { newThread?: boolean }): Promise<void> {
    await this.startup.begin();
    if (newThread) this.session.create();
    this.follow();
    await this.session.send(message);
  }

  async setThreadId(threadId: string | null): Promise<void> {
    await this.startup.begin();
    if (threadId) await this.session.open(threadId);
    else this.session.create();
  }

  async setComposerValue(value: ComposerValue): Promise<void> {
    await this.startup.begin();
    this.messageBox?.setComposerValue(value);
  }

  async focusComposer(): Promise<void> {
    await this.startup.begin();
    this.messageBox?.focus();
  }

  async fetchUpdates(): Promise<void> {
    const { thread } = this.session.state;
    await this.startup.begin();
    await this.session.listThreads();
    if (!thread || this.session.answering) return;
    this.session.create();
    await this.session.open(thread.id);
  }

  showHistory(): void {
    this.navigation.setDrawer(true);
  }

  hideHistory(): void {
    this.navigation.setDrawer(false);
  }

  async open(): Promise<void> {
    if (this.popup.on || !this.isHidden) return;
    await this.popup.show();
    await this.focusComposer();
  }

  close(): void {
    this.popup.hide();
  }

  toggleFullscreen(): Promise<void> {
    return this.screen.toggle();
  }

  quote(text: string): void {
    this.messageBox?.setComposerValue({ quoted: text });
    this.focusMessageBox();
  }

  // The next message is followed to its end.
  follow(): void {
    this.conversation?.follow();
  }

  announce(text: string): void {
    this.session.status = text;
    this.requestUpdate();
  }

  focusMessageBox(): void {
    this.messageBox?.focus();
  }

  // Text that arrives faster than the screen is drawn waits for the next picture.
  protected override async scheduleUpdate(): Promise<void> {
    if (this.session.answering && !document.hidden) await new Promise(requestAnimationFrame);
    super.scheduleUpdate();
  }

  protected override willUpdate(changed: PropertyValues): void {
    this.startup.identify();
    if (changed.has("theme") && this.isPage) applyTheme(this.theme);
    if (!this.startup.ready) return;
    if (changed.has("locale")) void this.startup.speak();
    if (changed.has("threadId") && this.threadId !== this.session.state.thread?.id)
      void this.setThreadId(this.threadId);
  }

  protected override render(): TemplateResult {
    const { on: open, hidden: closed } = this.popup;
    const toggle = (): void => void (open ? this.close() : this.open());
    const content = html`<div class="root" part="root"
      ?data-full=${this.screen.on}>${this.startup.ready ? keyed(language(), frame(this)) : nothing}</div>`;
    return inMode(this.mode, content, { open, label: this.name, toggle, closed });
  }

  protected override updated(): void {
    if (this.isPage && this.startup.ready) document.title = this.session.state.thread?.title || this.name;
  }

  get isPage(): boolean {
    return this.mode === "page";
  }

  get isHidden(): boolean {
    return this.mode === "modal" || this.mode === "button";
  }

  get hasHistory(): boolean {
    return this.history !== "off";
  }

  get name(): string {
    return this.heading || this.startup.config.title;
  }

  // Keys belong to the site unless the chat is the page.
  private get keys(): EventTarget {
    return this.isPage ? window : this;
  }

  private get messageBox(): OwflexComposer | null {
    return this.renderRoot.querySelector("owflex-composer");
  }

  private async firstShow(): Promise<void> {
    const { hash } = this.navigation.address;
    const away = inKnowledge(hash) || inAdmin(hash);
    await Promise.all([this.configure(), this.session.start(away ? null : hash || this.threadId)]);
    if (away) this.navigation.go(hash);
    if (this.isPage) void this.startup.askRights();
    await this.updateComplete;
    this.site.tell("ready");
  }

  private async configure(): Promise<void> {
    if (!(await this.startup.configure())) this.announce(strings.unreachable);
  }

  private changed(): void {
    this.site.changed(this.session);
    this.requestUpdate();
  }

  readonly login = async (): Promise<void> => {
    if (!this.site.tell("login", {}, true)) return;
    const thread = this.session.state.thread?.id;
    const unsent = this.session.outbox.takeFirst(thread ?? null);
    if (this.isPage && !this.tokenProvider) return signInAgain(thread, unsent);
    this.tokens.forget();
    this.session.dismiss();
    await Promise.all([this.configure(), this.session.listThreads()]);
  };

  usePrompt(prompt: string): void {
    this.messageBox?.sendUserMessage(translated(prompt));
  }

  ask(message: string | Outgoing): void {
    this.follow();
    void this.session.send(message);
  }

  async askAbout(value: ComposerValue): Promise<void> {
    this.navigation.create();
    await this.updateComplete;
    await this.setComposerValue(value);
  }

  changeTheme(): void {
    this.theme = nextTheme(this.theme);
    this.session.status = strings.themes[this.theme];
  }

  private opened(on: boolean): void {
    if (!on) void this.screen.leave();
    this.site.tell(on ? "open" : "close");
  }

  private readonly onKey = (found: Event): void => {
    const event = found as KeyboardEvent;
    if (this.screen.takes(event) || event.key !== "Escape" || event.defaultPrevented) return;
    if (this.mode === "button" && this.popup.on) this.close();
  };
}
