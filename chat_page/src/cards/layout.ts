// Sizes, gaps and colors of cards. They are set on the element's style object: the page's policy
// forbids style attributes.

import type { TemplateResult } from "lit";
import { html } from "lit";
import { ref } from "lit/directives/ref.js";
import type { Widget } from "../protocol/types.ts";

const STEP = 0.25;
const PLACES: Record<string, string> = {
  start: "flex-start",
  end: "flex-end",
  center: "center",
  baseline: "baseline",
  stretch: "stretch",
  between: "space-between",
  around: "space-around",
  evenly: "space-evenly",
};
const COLORS: Record<string, string> = {
  secondary: "var(--soft)",
  tertiary: "var(--soft)",
  success: "var(--accent)",
  danger: "var(--bad)",
  warning: "var(--warn)",
};
const LENGTH = /^\d{1,4}(?:\.\d{1,3})?(?:px|rem|em|%)$/;

// A number is a step of the grid in gaps, pixels in sizes; a text must be a plain length.
function length(value: unknown, unit: (value: number) => string): string {
  if (typeof value === "number" && Number.isFinite(value)) return unit(Math.min(Math.abs(value), 2000));
  return typeof value === "string" && LENGTH.test(value) ? value : "";
}

const gap = (value: unknown): string => length(value, (steps) => `${Math.min(steps, 12) * STEP}rem`);
const size = (value: unknown): string => length(value, (pixels) => `${pixels}px`);

export function looks(widget: Widget): Record<string, string> {
  const color = typeof widget.color === "string" ? (COLORS[widget.color] ?? "") : "";
  const spread = typeof widget.flex === "number" || widget.flex === "auto" ? String(widget.flex) : "";
  const found: Record<string, string> = {
    gap: gap(widget.gap),
    padding: gap(widget.padding),
    color,
    flex: spread,
    alignItems: PLACES[widget.align ?? ""] ?? "",
    justifyContent: PLACES[widget.justify ?? ""] ?? "",
    width: size(widget.width),
    height: size(widget.height),
    flexWrap: widget.wrap === "nowrap" || widget.wrap === "wrap" ? widget.wrap : "",
    textAlign: ["start", "center", "end"].includes(widget.textAlign ?? "") ? String(widget.textAlign) : "",
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value));
}

// Puts the looks of the component on the element that it stands at.
export const laid = (widget: Widget): unknown =>
  ref((element) => {
    if (element instanceof HTMLElement) Object.assign(element.style, { maxWidth: "100%" }, looks(widget));
  });

export const box = (widget: Widget, kind: "row" | "col", inside: unknown): TemplateResult =>
  html`<div class=${kind} ${laid(widget)}>${inside}</div>`;
