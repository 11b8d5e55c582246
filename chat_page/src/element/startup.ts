// How the chat comes to life: where its service is, what that says of itself, and the language of the page.
import type { LitElement } from "lit";
import { loadLanguage } from "../i18n/language-file.ts";
import { direction } from "../i18n/translation.ts";
import { setService } from "../markdown/own-pages.ts";
import type { Api } from "../protocol/api.ts";
import { baseOf, loadConfig, NO_CONFIG } from "../protocol/service-config.ts";
import type { TokenProvider, Tokens } from "../protocol/tokens.ts";
import type { Config } from "../protocol/types.ts";
import { Visitor } from "../protocol/visitor.ts";

interface Host extends LitElement {
  url: string;
  locale: string;
  token: string;
  tokenProvider: TokenProvider | null;
  siteKey: string;
  readonly api: Api;
}

export class Startup {
  config: Config = NO_CONFIG;
  // Something can be shown: the language is known.
  ready = false;
  // Whether the user is an administrator, which only the page asks.
  isAdmin = false;
  private begun: Promise<void> | null = null;
  private readonly visitor = new Visitor(() => this.host.api.address("visitors"));

  constructor(
    private readonly host: Host,
    private readonly tokens: Tokens,
    private readonly then: () => Promise<void>,
  ) {}

  begin(): Promise<void> {
    this.begun ??= this.run();
    return this.begun;
  }

  // Who asks: as the site says, else a visitor of the site with this key.
  identify(): void {
    const { token, tokenProvider, siteKey } = this.host;
    this.tokens.provider = tokenProvider ?? this.visitor.tokens(siteKey);
    this.tokens.fixed = token;
  }

  get base(): string {
    return baseOf(this.host.url, import.meta.url);
  }

  // False when the service could not be reached.
  async configure(): Promise<boolean> {
    const config = await loadConfig(this.host.api).catch(() => null);
    this.config = config ?? this.config;
    await this.speak();
    return config !== null;
  }

  async askRights(): Promise<void> {
    if (!this.config.administration) return;
    const response = await this.host.api.get("admin/rights").catch(() => null);
    const answer: unknown = response?.ok ? await response.json().catch(() => null) : null;
    this.isAdmin = (answer as { admin?: unknown } | null)?.admin === true;
    this.host.requestUpdate();
  }

  async speak(): Promise<void> {
    const { api, locale } = this.host;
    const code = await loadLanguage(api, locale, this.config.locales ?? []);
    this.tokens.language = code === "en" && !locale ? "" : code;
    this.host.lang = code;
    this.host.dir = direction();
    this.ready = true;
    this.host.requestUpdate();
  }

  private async run(): Promise<void> {
    // Properties may be set right after the element was made.
    await this.host.updateComplete;
    this.host.api.url = new URL("chatkit", this.base).href;
    setService(this.base);
    await this.then();
  }
}
