// Cards of the protocol, drawn with the page's own elements.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { strings } from "../i18n/strings.ts";
import { fill } from "../i18n/translation.ts";
import { toHtml } from "../markdown/render.ts";
import type { Action, Widget } from "../protocol/types.ts";
import { icons } from "../ui/icons.ts";
import { isWeb, picture } from "../ui/pictures.ts";
import { chart } from "./chart.ts";
import type { CardActions } from "./fields.ts";
import { field, fieldsOf, withFields } from "./fields.ts";
import { box, laid } from "./layout.ts";

type Drawn = TemplateResult | typeof nothing;

const SHOWN_IN_LIST = 5;
// The names of the protocol's pictures that look like one of ours.
const ICONS: Record<string, keyof typeof icons> = {
  check: "check",
  "check-circle": "check",
  "check-circle-filled": "check",
  document: "file",
  "page-blank": "file",
  notebook: "file",
  search: "search",
  plus: "plus",
  write: "pencil",
  "write-alt": "pencil",
  reload: "retry",
  download: "export",
  cube: "folder",
};

export function card(widget: Widget, actions: CardActions): TemplateResult {
  const asForm = widget.type === "Card" && (widget.asForm || widget.confirm?.action);
  const content = html`${widget.status ? html`<p class="meta">${widget.status.text}</p>` : nothing}
    ${
      widget.collapsed
        ? html`<details><summary>${firstText(widget)}</summary>${inside(widget, actions)}</details>`
        : listed(widget, actions)
    }
    ${footer(widget, actions)}`;
  const size = typeof widget.size === "string" ? widget.size : nothing;
  if (!asForm) return html`<div class="card" data-size=${size} ?data-busy=${actions.busy}>${content}</div>`;
  return html`<form class="card" data-size=${size} ?data-busy=${actions.busy}
    @submit=${sends(widget.confirm?.action ?? null, actions)}>${content}</form>`;
}

function listed(widget: Widget, actions: CardActions): unknown {
  const limit = typeof widget.limit === "number" ? widget.limit : SHOWN_IN_LIST;
  const children = inside(widget, actions);
  if (widget.type !== "ListView" || !widget.limit || children.length <= limit) return children;
  const all = fill(strings.showAll, { count: children.length });
  return html`${children.slice(0, limit)}
    <details class="rest"><summary>${all}</summary>${children.slice(limit)}</details>`;
}

function footer(widget: Widget, { act, busy }: CardActions): Drawn {
  const { confirm, cancel } = widget;
  if (!confirm && !cancel) return nothing;
  return html`<div class="ways">${
    confirm ? html`<button class="primary" ?disabled=${busy}>${confirm.label}</button>` : nothing
  }
    ${
      cancel
        ? html`<button type="button" ?disabled=${busy}
          @click=${() => act(cancel.action)}>${cancel.label}</button>`
        : nothing
    }</div>`;
}

function firstText(widget: Widget): string {
  return widget.value ?? childrenOf(widget).map(firstText).find(Boolean) ?? strings.steps;
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

function labels(label: Widget, labelled: Widget): boolean {
  return label.type === "Label" && label.fieldName === labelled.name;
}

function childrenOf(widget: Widget): Widget[] {
  return Array.isArray(widget.children) ? widget.children : widget.children ? [widget.children] : [];
}

function drawn(widget: Widget, actions: CardActions): Drawn {
  return field(widget, actions) ?? container(widget, actions) ?? content(widget, actions);
}

function container(widget: Widget, actions: CardActions): Drawn | null {
  const children = () => inside(widget, actions);
  switch (widget.type) {
    case "Row":
      return box(widget, "row", children());
    case "Box":
      return box(widget, widget.direction === "row" ? "row" : "col", children());
    case "Col":
    case "Card":
    case "ListView":
    case "Basic":
    case "Transition":
      return box(widget, "col", children());
    case "ListViewItem":
      return entry(widget, actions, children());
    case "Form":
      return html`<form class=${widget.direction === "row" ? "row" : "col"} ${laid(widget)}
        @submit=${sends(widget.onSubmitAction ?? null, actions)}>${children()}</form>`;
    default:
      return null;
  }
}

function entry(widget: Widget, actions: CardActions, children: Drawn[]): TemplateResult {
  const action = widget.onClickAction;
  if (!action) return box(widget, "row", children);
  return html`<button type="button" class="row entry" ?disabled=${actions.busy} ${laid(widget)}
    @click=${() => actions.act(action)}>${children}</button>`;
}

function content(widget: Widget, actions: CardActions): Drawn {
  const strong = widget.weight === "semibold" || widget.weight === "bold";
  switch (widget.type) {
    case "Title":
      return html`<h3 ?data-cut=${widget.truncate} ${laid(widget)}>${widget.value}</h3>`;
    case "Text":
      return html`<p ?data-strong=${strong} ?data-italic=${widget.italic} ?data-struck=${widget.lineThrough}
        ?data-cut=${widget.truncate} ${laid(widget)}>${
          widget.editable
            ? html`<input name=${widget.editable.name} .value=${widget.value ?? ""}
              aria-label=${widget.editable.name} />`
            : widget.value
        }</p>`;
    case "Caption":
      return html`<p class="meta" ${laid(widget)}>${widget.value}</p>`;
    case "Label":
      return html`<span>${widget.value}</span>`;
    case "Markdown":
      return html`<div class="prose">${unsafeHTML(toHtml(widget.value ?? ""))}</div>`;
    case "Badge":
      return html`<span class="badge"
        data-color=${typeof widget.color === "string" ? widget.color : "secondary"}>${widget.label}</span>`;
    case "Divider":
      return html`<hr />`;
    case "Spacer":
      return html`<span class="spacer"></span>`;
    case "Image":
      return picture(widget.src, widget.alt ?? "");
    case "Link":
      return link(widget);
    case "Icon":
      return iconOf(widget.name);
    case "Chart":
      return chart(widget);
    case "Button":
      return button(widget, actions);
    default:
      return unknown(widget, actions);
  }
}

function link(widget: Widget): TemplateResult {
  const text = widget.value ?? widget.label ?? widget.href ?? "";
  return isWeb(widget.href)
    ? html`<a href=${widget.href} title=${widget.href} target="_blank" rel="noopener noreferrer">${text}</a>`
    : html`<span>${text}</span>`;
}

const iconOf = (name: string | null | undefined): Drawn => {
  const known = ICONS[name ?? ""];
  return known ? html`<span class="glyph">${icons[known]}</span>` : nothing;
};

// A component of a later version: its words and what is in it.
function unknown(widget: Widget, actions: CardActions): Drawn {
  if (widget.children) return box(widget, "col", inside(widget, actions));
  const words = widget.value ?? widget.label;
  return html`<p class="aside">${words || fill(strings.unknownPart, { kind: widget.type })}</p>`;
}

function button(widget: Widget, actions: CardActions): TemplateResult {
  const looks = [
    widget.style === "primary" ? "primary" : "",
    widget.color === "danger" ? "danger" : "",
    widget.variant ?? "",
    widget.block ? "block" : "",
  ];
  const action = widget.onClickAction;
  return html`<button type=${widget.submit ? "submit" : "button"} class=${looks.join(" ").trim()}
    ?disabled=${actions.busy || widget.disabled}
    @click=${
      action && !widget.submit ? () => actions.act(action) : nothing
    }>${iconOf(widget.iconStart)}${widget.label}${iconOf(widget.iconEnd)}</button>`;
}

const sends =
  (action: Action | null, actions: CardActions) =>
  (event: Event): void => {
    event.preventDefault();
    event.stopPropagation();
    if (action && !actions.busy)
      actions.act(withFields(action, fieldsOf(event.currentTarget as HTMLFormElement)));
  };
