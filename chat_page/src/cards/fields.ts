// The parts of a card that can be filled in.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import type { Action, Choice, Widget } from "../protocol/types.ts";

export interface CardActions {
  act(action: Action): void;
  busy: boolean;
  key?: string;
}

type Drawn = TemplateResult | typeof nothing;

// A form's fields come into the payload beside what the action has there.
export function withFields(action: Action, fields: Record<string, unknown>): Action {
  const payload = action.payload && typeof action.payload === "object" ? action.payload : {};
  return { ...action, payload: { ...payload, ...fields } };
}

// The field that a component stands for; nothing when it is no field.
export function field(widget: Widget, actions: CardActions): Drawn | null {
  const name = widget.name ?? "";
  const off = actions.busy || Boolean(widget.disabled);
  const change = (event: Event) => changed(widget, actions, (event.target as HTMLInputElement).value);
  switch (widget.type) {
    case "Input":
      return html`<input name=${name} .value=${String(widget.defaultValue ?? "")}
        type=${inputType(widget.inputType)} pattern=${widget.pattern ?? nothing}
        placeholder=${widget.placeholder ?? ""} ?required=${widget.required} ?disabled=${off} />`;
    case "Textarea":
      return html`<textarea name=${name} rows=${widget.rows ?? 3} .value=${String(widget.defaultValue ?? "")}
        placeholder=${widget.placeholder ?? ""} ?required=${widget.required} ?disabled=${off}></textarea>`;
    case "DatePicker":
      return html`<input name=${name} type="date" .value=${String(widget.defaultValue ?? "").slice(0, 10)}
        @change=${change}
        min=${widget.min?.slice(0, 10) ?? nothing} max=${widget.max?.slice(0, 10) ?? nothing} ?disabled=${off}
        />`;
    case "Select":
      return html`<select name=${name} ?disabled=${off} @change=${change}>
        ${
          widget.placeholder && !widget.defaultValue
            ? html`<option value="" selected>${widget.placeholder}</option>`
            : nothing
        }
        ${(widget.options ?? []).map((option) => choice(option, widget.defaultValue))}</select>`;
    case "RadioGroup":
      return radios(widget, actions, off);
    case "Checkbox":
      return checkbox(widget, actions, off);
    default:
      return null;
  }
}

const TYPES = ["number", "email", "text", "password", "tel", "url"];
const inputType = (type: string | null | undefined): string =>
  TYPES.includes(type ?? "") ? String(type) : "text";

const choice = (option: Choice, chosen: string | null | undefined): TemplateResult =>
  html`<option value=${option.value} ?selected=${option.value === chosen}
    ?disabled=${option.disabled}>${option.label}</option>`;

function changed(widget: Widget, actions: CardActions, value: unknown): void {
  if (widget.onChangeAction)
    actions.act(withFields(widget.onChangeAction, { [widget.name ?? "value"]: value }));
}

function radios(widget: Widget, actions: CardActions, off: boolean): TemplateResult {
  const name = `${actions.key ?? ""} ${widget.name ?? ""}`;
  const pick = (event: Event) => changed(widget, actions, (event.target as HTMLInputElement).value);
  return html`<div class=${widget.direction === "row" ? "row" : "col"} role="radiogroup"
    aria-label=${widget.ariaLabel ?? widget.name ?? nothing}>
    ${(widget.options ?? []).map(
      (option) => html`<label class="pick"><input type="radio" name=${name} data-name=${widget.name ?? ""}
        value=${option.value}
      ?checked=${option.value === widget.defaultValue} ?required=${widget.required}
      ?disabled=${off || option.disabled} @change=${pick} />
      <span>${option.label}</span></label>`,
    )}</div>`;
}

// With an action the box shows what the service knows: it changes with the card that comes back.
function checkbox(widget: Widget, actions: CardActions, off: boolean): TemplateResult {
  const action = widget.onChangeAction;
  const change = (event: Event) => {
    if (!action) return;
    const box = event.target as HTMLInputElement;
    const checked = box.checked;
    box.checked = !checked;
    actions.act(withFields(action, { [widget.name ?? "checked"]: checked }));
  };
  return html`<label class=${action ? "check" : "pick"}><input type="checkbox" name=${widget.name ?? ""}
    .checked=${Boolean(widget.defaultChecked)}
    ?required=${widget.required} ?disabled=${off} @change=${change} /><span>${widget.label}</span></label>`;
}

// What the fields of a form say; boxes say true or false, radio buttons go by their own name.
export function fieldsOf(form: HTMLFormElement): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const one of form.querySelectorAll<HTMLInputElement>("input, select, textarea")) {
    const name = one.dataset["name"] ?? one.name;
    if (!name || (one.type === "radio" && !one.checked)) continue;
    fields[name] = one.type === "checkbox" ? one.checked : one.value;
  }
  return fields;
}
