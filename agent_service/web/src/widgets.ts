// Cards of the protocol: the components that the service's own cards use, and a plain text for any other.
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { toHtml } from "./markdown.ts";
import type { Action, Widget } from "./types.ts";

export interface CardActions {
  act(action: Action): void;
  busy: boolean;
}

type Drawn = TemplateResult | typeof nothing;

export function card(widget: Widget, actions: CardActions): TemplateResult {
  return html`<div class="card" ?data-busy=${actions.busy}>${inside(widget, actions)}</div>`;
}

function inside(widget: Widget, actions: CardActions): Drawn[] {
  const children = childrenOf(widget);
  return children.map((child, place) => {
    const [before, after] = [children[place - 1], children[place + 1]];
    if (before && labels(before, child)) return nothing;
    if (!after || !labels(child, after)) return drawn(child, actions);
    return html`<label class="field"><span>${child.value}</span>${drawn(after, actions)}</label>`;
  });
}

function labels(label: Widget, field: Widget): boolean {
  return label.type === "Label" && label.fieldName === field.name;
}

function childrenOf(widget: Widget): Widget[] {
  return Array.isArray(widget.children) ? widget.children : widget.children ? [widget.children] : [];
}

function drawn(widget: Widget, actions: CardActions): Drawn {
  switch (widget.type) {
    case "Title":
      return html`<h3>${widget.value}</h3>`;
    case "Text":
      return html`<p ?data-strong=${widget.weight === "semibold" || widget.weight === "bold"}>${widget.value}</p>`;
    case "Caption":
      return html`<p class="meta">${widget.value}</p>`;
    case "Markdown":
      return html`<div class="prose">${unsafeHTML(toHtml(widget.value ?? ""))}</div>`;
    case "Badge":
      return html`<span class="badge" data-color=${widget.color ?? "secondary"}>${widget.label}</span>`;
    case "Divider":
      return html`<hr />`;
    case "Spacer":
      return html`<span class="spacer"></span>`;
    case "Row":
    case "ListViewItem":
      return html`<div class="row">${inside(widget, actions)}</div>`;
    case "Col":
    case "Box":
    case "Card":
    case "ListView":
      return html`<div class="col">${inside(widget, actions)}</div>`;
    case "Form":
      return form(widget, actions);
    default:
      return control(widget, actions);
  }
}

function control(widget: Widget, actions: CardActions): Drawn {
  switch (widget.type) {
    case "Button":
      return button(widget, actions);
    case "Checkbox":
      return checkbox(widget, actions);
    case "Label":
      return html`<span>${widget.value}</span>`;
    case "Input":
      return html`<input name=${widget.name ?? ""} .value=${String(widget.defaultValue ?? "")} type=${widget.inputType ?? "text"}
        placeholder=${widget.placeholder ?? ""} ?required=${widget.required} />`;
    case "DatePicker":
      return html`<input name=${widget.name ?? ""} type="date" .value=${String(widget.defaultValue ?? "").slice(0, 10)} />`;
    case "Select":
      return html`<select name=${widget.name ?? ""}>
        ${(widget.options ?? []).map(
          (option) => html`<option value=${option.value} ?selected=${option.value === widget.defaultValue}>${option.label}</option>`,
        )}
      </select>`;
    default:
      return widget.children ? html`<div class="col">${inside(widget, actions)}</div>` : nothing;
  }
}

function button(widget: Widget, actions: CardActions): TemplateResult {
  const looks = [widget.style === "primary" ? "primary" : "", widget.color === "danger" ? "danger" : "", widget.variant ?? ""];
  const action = widget.onClickAction;
  return html`<button type=${widget.submit ? "submit" : "button"} class=${looks.join(" ").trim()} ?disabled=${actions.busy || widget.disabled}
    @click=${action && !widget.submit ? () => actions.act(action) : nothing}>${widget.label}</button>`;
}

// The box shows what the service knows: it changes with the card that comes back.
function checkbox(widget: Widget, actions: CardActions): TemplateResult {
  const action = widget.onChangeAction;
  const change = (event: Event) => {
    const box = event.target as HTMLInputElement;
    const checked = box.checked;
    box.checked = !checked;
    if (action) actions.act(withFields(action, { [widget.name ?? "checked"]: checked }));
  };
  return html`<label class="check"><input type="checkbox" .checked=${Boolean(widget.defaultChecked)}
    ?disabled=${actions.busy || widget.disabled} @change=${change} /><span>${widget.label}</span></label>`;
}

function form(widget: Widget, actions: CardActions): TemplateResult {
  const submit = (event: Event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.target as HTMLFormElement));
    if (widget.onSubmitAction) actions.act(withFields(widget.onSubmitAction, fields));
  };
  return html`<form class="col" @submit=${submit}>${inside(widget, actions)}</form>`;
}

// A form's fields come into the payload beside what the action has there.
export function withFields(action: Action, fields: Record<string, unknown>): Action {
  const payload = action.payload && typeof action.payload === "object" ? action.payload : {};
  return { ...action, payload: { ...payload, ...fields } };
}
