// Settings of one group, each with where it comes from; only what was changed is sent.

import type { TemplateResult } from "lit";
import { html, LitElement, nothing } from "lit";
import { fill } from "../i18n/translation.ts";
import type { AdminApi } from "./api.ts";
import { sentenceOf } from "./api.ts";
import { moment } from "./parts.ts";
import { words } from "./strings.ts";
import { adminStyles } from "./styles.ts";
import type { Changes, Group, PromptValue, Setting, Value } from "./types.ts";

export class SettingsForm extends LitElement {
  static override styles = adminStyles;
  static override properties = {
    api: { attribute: false },
    group: {},
    settings: { attribute: false },
  };

  api: AdminApi | null = null;
  group: Group = "page";
  settings: Setting[] = [];
  private changes: Changes = {};
  private failure = "";
  private status = "";
  private saving = false;

  protected override render(): TemplateResult {
    const submit = (event: Event): void => {
      event.preventDefault();
      void this.save(this.changes);
    };
    return html`<form class="box" @submit=${submit} novalidate><h2>${words.groups[this.group]}</h2>
      ${this.settings.map((setting) => this.field(setting))}
      ${this.failure ? html`<p class="alert" role="alert">${this.failure}</p>` : nothing}
      <div class="note"><button class="primary" ?disabled=${this.saving}>${words.save}</button>
        <span role="status">${this.status}</span></div></form>`;
  }

  private field(setting: Setting): TemplateResult {
    const name = words.names[setting.name as keyof typeof words.names] ?? setting.name;
    const note = `${setting.name}-note`;
    if (setting.kind === "prompts") return this.prompts(setting, name);
    return html`<div class="field"><label for=${setting.name}>${name}</label>
      ${this.input(setting, note)} ${this.note(setting, note, name)}</div>`;
  }

  private input(setting: Setting, note: string): TemplateResult {
    const { name, kind, value } = setting;
    const off = setting.source === "environment";
    const take = (event: Event): void =>
      this.take(setting, (event.target as HTMLInputElement | HTMLTextAreaElement).value);
    const given = Object.hasOwn(this.changes, name) ? this.changes[name] : value;
    const shown = Array.isArray(given) ? given.join(", ") : (given ?? "");
    if (kind === "long_text")
      return html`<textarea id=${name} aria-describedby=${note} ?disabled=${off} .value=${String(shown)}
        @input=${take}></textarea>`;
    if (kind === "secret")
      return html`<input id=${name} type="password" autocomplete="off" aria-describedby=${note}
        ?disabled=${off} .value=${String(this.changes[name] ?? "")}
        placeholder=${setting.is_set ? words.keyIsSet : words.noKey} @input=${take}>`;
    return html`<input id=${name} aria-describedby=${note} ?disabled=${off} .value=${String(shown)}
      inputmode=${kind === "number" ? "numeric" : "text"} autocomplete="off" @input=${take}>`;
  }

  private note(setting: Setting, id: string, label: string): TemplateResult {
    const { source, changed_by, changed_at, reference, problem } = setting;
    const from =
      source === "environment"
        ? words.fixed
        : source === "page"
          ? fill(words.changedBy, { who: changed_by ?? "", when: changed_at ? moment(changed_at) : "" })
          : words.isDefault;
    return html`<div class="note"><span class="soft" id=${id}>${from}${reference ? ` · ${reference}` : ""}
        ${problem ? html`<b>${problem}</b>` : nothing}</span>
      ${
        source === "page"
          ? html`<button type="button" class="quiet" aria-label=${`${words.toDefault}: ${label}`}
            ?disabled=${this.saving} @click=${() => void this.save({ [setting.name]: null })}
            >${words.toDefault}</button>`
          : nothing
      }</div>`;
  }

  private prompts(setting: Setting, name: string): TemplateResult {
    const off = setting.source === "environment";
    const prompts = (this.changes[setting.name] ?? setting.value ?? []) as PromptValue[];
    const put = (place: number, part: Partial<PromptValue>): void =>
      this.put(
        setting.name,
        prompts.map((one, here) => (here === place ? { ...one, ...part } : one)),
      );
    const textOf = (event: Event): string => (event.target as HTMLInputElement).value;
    return html`<fieldset class="field"><legend>${name}</legend>
      ${prompts.map(
        (one, place) => html`<div class="row">
          <div class="field"><input aria-label=${`${words.promptLabel} ${place + 1}`} ?disabled=${off}
            .value=${one.label} @input=${(event: Event) => put(place, { label: textOf(event) })}></div>
          <div class="field"><input aria-label=${`${words.promptText} ${place + 1}`} ?disabled=${off}
            .value=${one.prompt} @input=${(event: Event) => put(place, { prompt: textOf(event) })}></div>
          ${
            off
              ? nothing
              : html`<button type="button" aria-label=${`${words.removePrompt}: ${one.label}`}
                @click=${() =>
                  this.put(
                    setting.name,
                    prompts.filter((_, here) => here !== place),
                  )}>×</button>`
          }</div>`,
      )}
      ${
        off
          ? nothing
          : html`<div><button type="button" @click=${() =>
              this.put(setting.name, [
                ...prompts,
                { label: "", prompt: "" },
              ])}>${words.addPrompt}</button></div>`
      } ${this.note(setting, `${setting.name}-note`, name)}</fieldset>`;
  }

  private take({ name, kind, value }: Setting, text: string): void {
    // What is no number goes as it is: the service says why it does not do.
    if (kind === "number")
      this.put(name, text.trim() === "" ? null : Number.isFinite(Number(text)) ? Number(text) : text);
    else if (kind === "list")
      this.put(
        name,
        text
          .split(",")
          .map((one) => one.trim())
          .filter(Boolean),
      );
    // An empty field is the default; of a key nothing is known, so an empty one changes nothing.
    else if (text === "" && (kind === "secret" || value === null)) this.leave(name);
    else this.put(name, text === "" ? null : text);
  }

  private put(name: string, value: Value): void {
    this.changes = { ...this.changes, [name]: value };
    this.status = "";
    this.requestUpdate();
  }

  private leave(name: string): void {
    const { [name]: _, ...others } = this.changes;
    this.changes = others;
    this.requestUpdate();
  }

  private async save(changes: Changes): Promise<void> {
    this.failure = this.status = "";
    if (!Object.keys(changes).length) {
      this.status = words.nothingChanged;
      this.requestUpdate();
      return;
    }
    this.saving = true;
    this.requestUpdate();
    try {
      const detail = await this.api?.change(changes);
      this.changes = {};
      this.status = words.saved;
      this.dispatchEvent(new CustomEvent("changed", { detail }));
    } catch (error) {
      this.failure = sentenceOf(error);
    }
    this.saving = false;
    this.requestUpdate();
  }
}
