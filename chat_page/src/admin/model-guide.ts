// The set-up of a language model: one on this machine, or one of a provider; tried, then used.

import type { TemplateResult } from "lit";
import { html, LitElement, nothing } from "lit";
import { fill } from "../i18n/translation.ts";
import type { AdminApi } from "./api.ts";
import { sentenceOf } from "./api.ts";
import { failure } from "./parts.ts";
import { words } from "./strings.ts";
import { adminStyles } from "./styles.ts";
import type { Changes, LocalServer, Setting, Trial } from "./types.ts";

type Provider = "openai" | "openrouter" | "gemini" | "custom";
const PROVIDERS: [Provider, string][] = [
  ["openai", "OpenAI"],
  ["openrouter", "OpenRouter"],
  ["gemini", "Gemini"],
];
// Of several keys the first one would be used, so the others are taken back.
const KEYS = ["openai_api_key", "openrouter_api_key", "gemini_api_key"];
const CHEAP: Partial<Record<Provider, string>> = {
  openrouter: "openai/gpt-4.1-mini",
  gemini: "gemini-2.5-flash",
};

export class ModelGuide extends LitElement {
  static override styles = adminStyles;
  static override properties = { api: { attribute: false }, settings: { attribute: false } };

  api: AdminApi | null = null;
  settings: Setting[] = [];
  private servers: LocalServer[] | null = null;
  private provider: Provider = "openai";
  private wanted: Changes = {};
  private trial: Trial | null = null;
  private trying = false;
  private failed = "";
  private done = "";

  override connectedCallback(): void {
    super.connectedCallback();
    void this.updateComplete.then(() => this.look());
  }

  protected override render(): TemplateResult {
    const fixed = this.settings.filter(({ group, source }) => group === "model" && source === "environment");
    const names = fixed.map(({ name }) => name.toUpperCase()).join(", ");
    return html`<div class="inner">
      ${fixed.length ? html`<p class="soft">${fill(words.fixedModel, { names })}</p>` : nothing}
      ${this.local()} ${this.remote()} ${this.outcome()}</div>`;
  }

  private local(): TemplateResult {
    const { servers } = this;
    return html`<section class="box"><h2>${words.onThisMachine}</h2>
      ${servers === null ? html`<p role="status">${words.looking}</p>` : nothing}
      ${servers?.length === 0 ? html`<p>${words.noneFound}</p>` : nothing}
      ${servers?.map((server, place) => this.server(server, place))}
      <div><button type="button" ?disabled=${servers === null}
        @click=${() => void this.look()}>${words.lookAgain}</button></div></section>`;
  }

  private server({ program, base_url, models }: LocalServer, place: number): TemplateResult {
    const id = `local-${place}`;
    const attempt = (): void => {
      const model = this.renderRoot.querySelector<HTMLSelectElement>(`#${id}`)?.value ?? "";
      void this.attempt({ openai_base_url: base_url, openai_api_key: null, model_name: model });
    };
    return html`<div class="row"><div class="field">
        <label for=${id}>${fill(words.modelOf, { program: program || base_url })}</label>
        ${
          models.length
            ? html`<select id=${id}>${models.map((name) => html`<option>${name}</option>`)}</select>`
            : html`<span id=${id}>${words.noModels}</span>`
        }<span class="soft">${base_url}</span></div>
      <button type="button" ?disabled=${this.trying || !models.length}
        @click=${attempt}>${words.tryIt}</button></div>`;
  }

  private remote(): TemplateResult {
    const custom = this.provider === "custom";
    const choose = (event: Event): void => {
      this.provider = (event.target as HTMLSelectElement).value as Provider;
      this.requestUpdate();
    };
    const submit = (event: SubmitEvent): void => {
      event.preventDefault();
      void this.attempt(this.entered(new FormData(event.target as HTMLFormElement)));
    };
    return html`<form class="box" @submit=${submit}><h2>${words.otherProvider}</h2>
      <div class="row"><div class="field"><label for="provider">${words.provider}</label>
        <select id="provider" @change=${choose}>
          ${PROVIDERS.map(
            ([value, name]) =>
              html`<option value=${value} ?selected=${value === this.provider}>${name}</option>`,
          )}
          <option value="custom" ?selected=${custom}>${words.anAddress}</option></select></div>
      <div class="field"><label for="model">${words.modelName}</label>
        <input id="model" name="model" autocomplete="off" ?required=${custom}
          placeholder=${custom ? words.modelNeeded : words.modelHint}></div></div>
      ${
        custom
          ? html`<div class="field"><label for="address">${words.address}</label><input id="address"
            name="address" type="url" required autocomplete="off" placeholder=${words.addressHint}></div>`
          : nothing
      }
      <div class="field"><label for="key">${words.key}</label><input id="key" name="key" type="password"
        autocomplete="off" aria-describedby="key-hint" ?required=${!custom}>
        <span class="soft" id="key-hint">${words.keyHint}</span></div>
      <div><button class="primary" ?disabled=${this.trying}>${words.tryIt}</button></div></form>`;
  }

  private entered(form: FormData): Changes {
    const text = (name: string): string => String(form.get(name) ?? "").trim();
    const { provider } = this;
    const key = provider === "custom" ? "openai_api_key" : `${provider}_api_key`;
    return {
      ...Object.fromEntries(KEYS.map((name): [string, null] => [name, null])),
      openai_base_url: provider === "custom" ? text("address") : null,
      model_name: text("model") || CHEAP[provider] || null,
      [key]: text("key") || null,
    };
  }

  private outcome(): TemplateResult {
    const { trial, failed, done } = this;
    const answer = trial?.calls_tools ? words.works : words.worksWithoutTools;
    const said = { name: trial?.model ?? "", seconds: trial?.seconds ?? 0 };
    return html`<div role="status">
        ${this.trying ? html`<p>${words.trying}</p>` : nothing}
        ${done ? html`<p class="good">${done}</p>` : nothing}
        ${
          trial?.works
            ? html`<div class="good"><span>${fill(answer, said)}</span><button type="button" class="primary"
              @click=${() => void this.use()}>${words.useIt}</button></div>`
            : nothing
        }</div>
      ${trial && !trial.works ? html`<p class="alert" role="alert">${trial.sentence}</p>` : nothing}
      ${failed ? failure(failed, () => void this.attempt(this.wanted)) : nothing}`;
  }

  private async look(): Promise<void> {
    this.servers = null;
    this.requestUpdate();
    this.servers = (await this.api?.localServers().catch(() => [])) ?? [];
    this.requestUpdate();
  }

  // What the installation sets stays as it is.
  private async attempt(changes: Changes): Promise<void> {
    const fixed = new Set(
      this.settings.filter(({ source }) => source === "environment").map(({ name }) => name),
    );
    this.wanted = Object.fromEntries(Object.entries(changes).filter(([name]) => !fixed.has(name)));
    this.trial = null;
    this.failed = this.done = "";
    this.trying = true;
    this.requestUpdate();
    try {
      this.trial = (await this.api?.tryModel(this.wanted)) ?? null;
    } catch (error) {
      this.failed = sentenceOf(error);
    }
    this.trying = false;
    this.requestUpdate();
  }

  private async use(): Promise<void> {
    const name = this.trial?.model ?? "";
    try {
      const detail = await this.api?.change(this.wanted);
      this.trial = null;
      this.done = fill(words.inUse, { name });
      this.dispatchEvent(new CustomEvent("changed", { detail }));
    } catch (error) {
      this.failed = sentenceOf(error);
    }
    this.requestUpdate();
  }
}
