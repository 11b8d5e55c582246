// The administrator's view: how the chat is, its model and settings, its use, and poor answers.

import type { PropertyValues, TemplateResult } from "lit";
import { html, LitElement, nothing } from "lit";
import type { Api } from "../protocol/api.ts";
import { AdminApi, sentenceOf } from "./api.ts";
import { ModelGuide } from "./model-guide.ts";
import { failure, loading, moment, table } from "./parts.ts";
import { PeopleView } from "./people-view.ts";
import { modelLine, overview, poorAnswers, usage } from "./reports.ts";
import { RightsView } from "./rights-view.ts";
import { SettingsForm } from "./settings-form.ts";
import { words } from "./strings.ts";
import { adminStyles } from "./styles.ts";
import type {
  Change,
  Group,
  Health,
  People,
  PoorAnswers,
  RightsOfAll,
  Setting,
  Usage,
  Work,
} from "./types.ts";
import { WorkView } from "./work-view.ts";

const TABS = ["overview", "model", "settings", "people", "rights", "work", "usage", "answers"] as const;
type Tab = (typeof TABS)[number];
const GROUPS: Group[] = ["model", "prompt", "page", "limits"];

interface Shown {
  health?: Health;
  settings?: Setting[];
  history?: Change[];
  people?: People;
  rights?: RightsOfAll;
  work?: Work;
  usage?: Usage;
  answers?: PoorAnswers;
}

export class OwflexAdmin extends LitElement {
  static override styles = adminStyles;
  static override properties = { service: { attribute: false } };

  service: Api | null = null;
  private tab: Tab = "overview";
  private api: AdminApi | null = null;
  private shown: Shown = {};
  private failure = "";
  private moved = false;

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("popstate", this.follow);
    if (this.hasUpdated) this.follow();
  }

  override disconnectedCallback(): void {
    window.removeEventListener("popstate", this.follow);
    super.disconnectedCallback();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("service") && this.service) {
      this.api = new AdminApi(this.service);
      this.follow();
    }
  }

  protected override render(): TemplateResult {
    const link = (tab: Tab): TemplateResult =>
      html`<a href=${`#/admin/${tab}`} aria-current=${tab === this.tab ? "page" : nothing}
        >${words.tabs[tab]}</a>`;
    return html`<div class="all"><nav class="tabs" aria-label=${words.administration}>${TABS.map(link)}</nav>
      <section class="page" tabindex="-1" aria-label=${words.tabs[this.tab]}><div class="inner">
        ${this.failure ? failure(this.failure, () => void this.load()) : (this.body() ?? loading())}
      </div></section></div>`;
  }

  protected override updated(): void {
    const lost = !this.shadowRoot?.activeElement && document.activeElement === document.body;
    if (this.moved && lost)
      this.renderRoot.querySelector<HTMLElement>(".page")?.focus({ preventScroll: true });
    if (this.moved)
      this.renderRoot
        .querySelector(".tabs [aria-current]")
        ?.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.moved = false;
  }

  private body(): TemplateResult | null {
    const { health, settings, history, people, rights, work, usage: used, answers } = this.shown;
    if (this.tab === "overview") return health ? overview(health) : null;
    if (this.tab === "model") return health && settings ? this.model(health, settings) : null;
    if (this.tab === "settings") return settings && history ? this.forms(settings, history) : null;
    if (this.tab === "people") return people ? this.people(people) : null;
    if (this.tab === "rights") return rights ? this.rights(rights) : null;
    if (this.tab === "work") return work ? this.work(work) : null;
    if (this.tab === "usage") return used ? usage(used) : null;
    return answers ? poorAnswers(answers) : null;
  }

  private model(health: Health, settings: Setting[]): TemplateResult {
    return html`<p>${modelLine(health)}</p><owflex-model-guide .api=${this.api} .settings=${settings}
      @changed=${this.changed}></owflex-model-guide>`;
  }

  private rights(known: RightsOfAll): TemplateResult {
    return html`<owflex-rights-view .api=${this.api} .known=${known}
      @changed=${() => void this.load()}></owflex-rights-view>`;
  }

  private people(known: People): TemplateResult {
    return html`<owflex-people-view .api=${this.api} .known=${known}></owflex-people-view>`;
  }

  private work(known: Work): TemplateResult {
    return html`<owflex-work-view .api=${this.api} .known=${known}
      @changed=${() => void this.load()}></owflex-work-view>`;
  }

  private forms(settings: Setting[], history: Change[]): TemplateResult {
    const names = words.names as Record<string, string>;
    const rows = history.map((one) => [
      moment(one.changed_at),
      one.changed_by,
      `${names[one.name] ?? one.name}: ${words[one.action]}`,
    ]);
    const columns = [words.when, words.who, words.what].map((label) => ({ label }));
    return html`${GROUPS.map(
      (group) => html`<owflex-settings-form .api=${this.api} .group=${group} @changed=${this.changed}
        .settings=${settings.filter((one) => one.group === group)}></owflex-settings-form>`,
    )}<section class="box"><h2>${words.history}</h2>
      ${rows.length ? table(words.history, columns, rows) : html`<p class="soft">${words.noHistory}</p>`}
      </section>`;
  }

  private readonly changed = (event: CustomEvent<Setting[]>): void => {
    this.shown = { ...this.shown, settings: event.detail };
    this.requestUpdate();
    // The chat beside it shows its title, its prompts and its model.
    this.dispatchEvent(new CustomEvent("owflex-changed"));
    void this.load();
  };

  private readonly follow = (): void => {
    const named = location.hash.split("/")[2] ?? "";
    const tab = TABS.find((known) => known === named) ?? "overview";
    this.moved = tab !== this.tab;
    this.tab = tab;
    this.requestUpdate();
    void this.load();
  };

  // What is there already is shown until the newer is.
  private async load(): Promise<void> {
    const { api, tab } = this;
    if (!api) return;
    this.failure = "";
    try {
      this.shown = { ...this.shown, ...(await parts(api, tab)) };
    } catch (error) {
      this.failure = sentenceOf(error);
    }
    this.requestUpdate();
  }
}

async function parts(api: AdminApi, tab: Tab): Promise<Shown> {
  if (tab === "overview") return { health: await api.health() };
  if (tab === "people") return { people: await api.people() };
  if (tab === "rights") return { rights: await api.rights() };
  if (tab === "work") return { work: await api.work() };
  if (tab === "usage") return { usage: await api.usage() };
  if (tab === "answers") return { answers: await api.answers() };
  if (tab === "model") {
    const [health, settings] = await Promise.all([api.health(), api.settings()]);
    return { health, settings };
  }
  const [settings, history] = await Promise.all([api.settings(), api.history()]);
  return { settings, history };
}

const ELEMENTS = {
  "owflex-model-guide": ModelGuide,
  "owflex-people-view": PeopleView,
  "owflex-rights-view": RightsView,
  "owflex-settings-form": SettingsForm,
  "owflex-work-view": WorkView,
  "owflex-admin": OwflexAdmin,
};
for (const [name, element] of Object.entries(ELEMENTS))
  if (!customElements.get(name)) customElements.define(name, element);
