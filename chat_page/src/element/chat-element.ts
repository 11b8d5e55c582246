// The custom element: the frame of the chat, what the site around it may set and call, and what it is told.
import { LitElement, html, nothing } from "lit";
import { keyed } from "lit/directives/keyed.js";
import type { PropertyValues, TemplateResult } from "lit";
import { Address } from "./address.ts";
import { answerStyles } from "../chat/styles.ts";
import { applyTheme, nextTheme, savedTheme } from "../ui/theme.ts";
import "../composer/composer.ts";
import { lockOf } from "../composer/composer.ts";
import { frameStyles } from "./frame-styles.ts";
import { FullScreen } from "./full-screen.ts";
import "../history/chat-list.ts";
import { Opening } from "./popup.ts";
import { chatList, header, loginAgain, welcome } from "./frame-parts.ts";
import { language, translated } from "../i18n/translation.ts";
import { proseStyles } from "../markdown/styles.ts";
import { Api } from "../protocol/api.ts";
import { Session } from "../chat/session.ts";
import { shell } from "./modes.ts";
import { Start } from "./startup.ts";
import { strings } from "../i18n/strings.ts";
import { styles } from "./styles.ts";
import { Teller } from "./site-events.ts";
import { Tokens } from "../protocol/tokens.ts";
import { inKnowledge, loadKnowledge, viewLinks } from "./page-views.ts";
import type { Bar } from "./frame-parts.ts";
import type { Theme } from "../ui/theme.ts";
import type { ComposerValue, OwflexComposer } from "../composer/composer.ts";
import type { Log } from "../chat/conversation.ts";
import type { Outgoing } from "../protocol/user-message.ts";
import type { Mode } from "./modes.ts";
import type { TokenProvider } from "../protocol/tokens.ts";
import type { Prompt } from "../protocol/types.ts";

// Fetched at once; meanwhile the page is shown and can be typed into.
const conversation = import("../chat/conversation.ts");

export class OwflexChat extends LitElement {
  static override styles = [styles, proseStyles, answerStyles, frameStyles];
  static override properties = {
    url: {},
    token: {},
    tokenProvider: { attribute: false },
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
  theme: Theme = "system";
  locale = "";
  greeting = "";
  heading = "";
  prompts: Prompt[] | null = null;
  mode: Mode = "panel";
  threadId: string | null = null;
  history = "on";

  private drawer = false;
  private knowledge = false;
  private readonly tokens = new Tokens(() => this.requestUpdate());
  readonly api = new Api("", this.tokens);
  readonly session = new Session(this.api, () => this.changed(), (threadId) => this.showAddress(threadId));
  private log: Log | null = null;
  private readonly starting = new Start(this, this.tokens, () => this.firstShow());
  private readonly teller = new Teller(this, () => this.tokens.refused);
  private readonly address = new Address((hash) => this.go(hash));
  private readonly opening = new Opening(this, (on) => this.opened(on));
  private readonly screen = new FullScreen(this, () => this.renderRoot.querySelector(".root"));

  override connectedCallback(): void {
    super.connectedCallback();
    this.session.effect = (name, data) => this.teller.tell("effect", { name, data });
    this.session.clientAction = (action, item) => this.teller.tell("action", { action, itemId: item?.id ?? null });
    // A title would be shown as a hint over the whole chat.
    this.heading ||= this.getAttribute("title") ?? "";
    this.removeAttribute("title");
    // A skip link has to lead to something that can be found from outside of the shadow.
    this.id ||= "owflex-chat";
    if (this.isPage) {
      this.theme = savedTheme();
      this.address.use();
    }
    this.keys.addEventListener("keydown", this.onKey);
    void conversation.then(
      ({ Log }) => {
        this.log ??= new Log(this, this.session);
        this.requestUpdate();
      },
      () => this.setStatus(strings.noView),
    );
    if (this.mode === "page" || this.mode === "panel") void this.begin();
  }

  override disconnectedCallback(): void {
    this.address.leave();
    this.keys.removeEventListener("keydown", this.onKey);
    super.disconnectedCallback();
  }

  async sendUserMessage({ newThread = false, ...message }: Outgoing & { newThread?: boolean }): Promise<void> {
    await this.begin();
    if (newThread) this.session.create();
    this.log?.follow();
    await this.session.send(message);
  }

  async setThreadId(threadId: string | null): Promise<void> {
    await this.begin();
    if (threadId) await this.session.open(threadId);
    else this.session.create();
  }

  async setComposerValue(value: ComposerValue): Promise<void> {
    await this.begin();
    this.messageBox?.setComposerValue(value);
  }

  async focusComposer(): Promise<void> {
    await this.begin();
    this.messageBox?.focus();
  }

  async fetchUpdates(): Promise<void> {
    const { thread } = this.session.state;
    await this.begin();
    await this.session.listThreads();
    if (!thread || this.session.answering) return;
    this.session.create();
    await this.session.open(thread.id);
  }

  showHistory(): void {
    this.setDrawer(true);
  }

  hideHistory(): void {
    this.setDrawer(false);
  }

  async open(): Promise<void> {
    if (this.opening.on || !this.isHidden) return;
    await this.opening.show();
    await this.focusComposer();
  }

  close(): void {
    this.opening.hide();
  }

  toggleFullscreen(): Promise<void> {
    return this.screen.toggle();
  }

  quote(text: string): void {
    this.messageBox?.setComposerValue({ quoted: text });
    this.messageBox?.focus();
  }

  // Text that arrives faster than the screen is drawn waits for the next picture.
  protected override async scheduleUpdate(): Promise<void> {
    if (this.session.answering && !document.hidden) await new Promise(requestAnimationFrame);
    super.scheduleUpdate();
  }

  protected override willUpdate(changed: PropertyValues): void {
    this.tokens.provider = this.tokenProvider;
    this.tokens.fixed = this.token;
    if (changed.has("theme") && this.isPage) applyTheme(this.theme);
    if (!this.starting.ready) return;
    if (changed.has("locale")) void this.starting.speak();
    if (changed.has("threadId") && this.threadId !== this.session.state.thread?.id) void this.setThreadId(this.threadId);
  }

  protected override render(): TemplateResult {
    const { on: open, hidden: closed } = this.opening;
    const toggle = (): void => void (open ? this.close() : this.open());
    const content = html`<div class="root" part="root" ?data-full=${this.screen.on}>${this.starting.ready ? keyed(language(), this.frame()) : nothing}</div>`;
    return shell(this.mode, content, { open, label: this.name, toggle, closed });
  }

  protected override updated(): void {
    if (this.isPage && this.starting.ready) document.title = this.session.state.thread?.title || this.name;
  }

  private frame(): TemplateResult {
    return html`<a class="skip" href=${`#${this.id}`} @click=${this.skip}>${strings.skip}</a>
      <div class="frame" ?data-drawer=${this.drawer} ?data-alone=${!this.hasHistory}>
        ${this.hasHistory ? chatList(this.session, this.drawer, { open: (id) => this.show(id), create: () => this.create(), close: () => this.setDrawer(false) }) : nothing}
        <main>
          ${header(this.bar)} ${this.tokens.refused ? loginAgain(this.login) : nothing}
          ${this.knowledge ? html`<owflex-knowledge .service=${this.api}
            @owflex-ask=${(event: CustomEvent<ComposerValue>) => void this.askAbout(event.detail)}></owflex-knowledge>` : this.chat()}
        </main>
      </div>
      <p class="unseen" role="status">${this.session.status}</p>`;
  }

  private chat(): TemplateResult {
    const { state, loading, answering } = this.session;
    return html`${state.items.length || loading ? (this.log?.render() ?? html`<div class="log"></div>`) : welcome(this.starting.config, this, (prompt) => this.usePrompt(prompt), this.log?.outcome())}
      <owflex-composer part="composer" .api=${this.api} .config=${this.starting.config} .threadId=${state.thread?.id ?? null}
        ?answering=${answering} .locked=${lockOf(state.thread)}
        @send=${(event: CustomEvent<Outgoing>) => this.ask(event.detail)} @stop=${() => this.session.stop()}></owflex-composer>`;
  }

  private get bar(): Bar {
    return {
      title: this.knowledge ? strings.knowledge : this.session.state.thread?.title || this.name,
      drawer: this.hasHistory ? this.drawer : null,
      views: this.isPage && this.starting.config.knowledge ? viewLinks(this.knowledge, this.session.state.thread?.id) : nothing,
      exports: (!this.knowledge && this.log?.exportMenu()) || nothing,
      theme: this.isPage ? this.theme : null,
      full: this.screen.on,
      closes: this.isHidden,
      openDrawer: () => this.setDrawer(true),
      create: () => this.create(),
      changeTheme: () => this.changeTheme(),
      toggleScreen: () => void this.screen.toggle(),
      close: () => this.close(),
    };
  }

  private get isPage(): boolean {
    return this.mode === "page";
  }

  private get isHidden(): boolean {
    return this.mode === "modal" || this.mode === "button";
  }

  private get hasHistory(): boolean {
    return this.history !== "off";
  }

  private get name(): string {
    return this.heading || this.starting.config.title;
  }

  // Keys belong to the site unless the chat is the page.
  private get keys(): EventTarget {
    return this.isPage ? window : this;
  }

  private get messageBox(): OwflexComposer | null {
    return this.renderRoot.querySelector("owflex-composer");
  }

  private begin(): Promise<void> {
    return this.starting.begin();
  }

  private async firstShow(): Promise<void> {
    const { hash } = this.address;
    const away = inKnowledge(hash);
    await Promise.all([this.configure(), this.session.start(away ? null : hash || this.threadId)]);
    if (away) this.go(hash);
    await this.updateComplete;
    this.teller.tell("ready");
  }

  private async configure(): Promise<void> {
    if (!(await this.starting.configure())) this.setStatus(strings.unreachable);
  }

  private changed(): void {
    this.teller.changed(this.session);
    this.requestUpdate();
  }

  private readonly login = async (): Promise<void> => {
    if (!this.teller.tell("login", {}, true)) return;
    if (this.isPage && !this.tokenProvider) return location.reload();
    this.tokens.forget();
    this.session.dismiss();
    await Promise.all([this.configure(), this.session.listThreads()]);
  };

  private usePrompt(prompt: string): void {
    this.messageBox?.sendUserMessage(translated(prompt));
  }

  private ask(message: string | Outgoing): void {
    this.log?.follow();
    void this.session.send(message);
  }

  private show(threadId: string): void {
    this.log?.follow();
    this.setDrawer(false);
    this.knowledge = false;
    void this.session.open(threadId);
  }

  private create(): void {
    this.setDrawer(false);
    this.knowledge = false;
    this.session.create();
    void this.updateComplete.then(() => this.messageBox?.focus());
  }

  private async askAbout(value: ComposerValue): Promise<void> {
    this.create();
    await this.updateComplete;
    await this.setComposerValue(value);
  }

  private setDrawer(open: boolean): void {
    this.drawer = open;
    this.requestUpdate();
  }

  private changeTheme(): void {
    this.theme = nextTheme(this.theme);
    this.session.status = strings.themes[this.theme];
  }

  private skip(event: Event): void {
    event.preventDefault();
    this.messageBox?.focus();
  }

  private showAddress(threadId: string | null): void {
    if (!this.knowledge) this.address.show(threadId);
  }

  private go(hash: string): void {
    this.knowledge = inKnowledge(hash);
    if (this.knowledge) void loadKnowledge().catch(() => this.setStatus(strings.noView));
    else if (hash) this.show(hash);
    else this.session.create();
    this.requestUpdate();
  }

  private setStatus(text: string): void {
    this.session.status = text;
    this.requestUpdate();
  }

  private opened(on: boolean): void {
    if (!on) void this.screen.leave();
    this.teller.tell(on ? "open" : "close");
  }

  private readonly onKey = (found: Event): void => {
    const event = found as KeyboardEvent;
    if (this.screen.takes(event) || event.key !== "Escape" || event.defaultPrevented) return;
    if (this.mode === "button" && this.opening.on) this.close();
  };
}
