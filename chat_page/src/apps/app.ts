// What all apps have in common: the host, its looks, what is said when something fails, and links.

import { html, nothing, render, type TemplateResult } from "lit";
import { fill } from "../i18n/translation.ts";
import { fromJson } from "../protocol/texts.ts";
import { isWeb } from "../ui/pictures.ts";
import { Host, type HostContext, type HostListener, type ToolResult } from "./host.ts";
import { strings, useLocale } from "./strings.ts";

// Of the host's styles only what the specification names: nothing that could fetch or lay out.
const VARIABLE = /^--(?:color|font|border|shadow)-[a-z0-9-]+$/;
const FETCHES = /url\(|image\(|@import|[;{}]/i;

export interface Notice {
  text: string;
  bad?: boolean;
  undo?: () => void;
}

export abstract class App implements HostListener {
  readonly host = new Host(this);
  protected args: Record<string, unknown> = {};
  protected locale = "en";
  private notice: Notice | undefined;
  // What stands in place of the answer.
  private instead: (() => string) | undefined = () => strings.waiting;

  constructor(private readonly root: HTMLElement) {
    root.addEventListener("click", (event) => this.followLink(event));
  }

  // Takes the tool's answer. Throws for what it cannot read.
  protected abstract take(answer: unknown, meta: Record<string, unknown>): void;
  protected abstract view(): TemplateResult;

  async start(): Promise<void> {
    useLocale(undefined);
    this.draw();
    await this.host.connect();
  }

  onInput(args: Record<string, unknown>): void {
    this.args = args;
  }

  onResult(result: ToolResult): void {
    try {
      if (result.isError) this.instead = () => textOf(result);
      else {
        this.take(answerOf(result), result._meta ?? {});
        this.instead = undefined;
      }
    } catch {
      this.instead = () => strings.unreadable;
    }
    this.draw();
  }

  onCancelled(): void {
    this.instead = () => strings.cancelled;
    this.draw();
  }

  onContext({ theme, styles, locale }: HostContext): void {
    const { dataset, style } = document.documentElement;
    if (theme === "light" || theme === "dark") dataset["theme"] = theme;
    for (const [name, value] of Object.entries(styles?.variables ?? {}))
      if (VARIABLE.test(name) && value && !FETCHES.test(value)) style.setProperty(name, value);
    this.locale = locale ?? navigator.language;
    useLocale(locale);
    this.draw();
  }

  // The answer of a tool that the host calls, after its user was asked where the host asks. What fails is
  // said; the answer is then undefined.
  async ask(tool: string, args: Record<string, unknown>): Promise<Answer | undefined> {
    this.say({ text: strings.loading });
    try {
      const result = await this.host.call(tool, args);
      if (result.isError) throw new Error(textOf(result));
      this.say(undefined);
      return { data: answerOf(result), meta: result._meta ?? {} };
    } catch (error) {
      const reason = (error instanceof Error && error.message) || strings.noReason;
      this.say({ text: fill(strings.refused, { reason }), bad: true });
      return undefined;
    }
  }

  say(notice: Notice | undefined): void {
    this.notice = notice;
    this.draw();
  }

  draw(): void {
    const shown = this.instead ? html`<p class="instead">${this.instead()}</p>` : this.view();
    render(html`${shown}${this.said()}`, this.root);
  }

  private said(): TemplateResult {
    const { notice } = this;
    return html`<div class="notice" role="status" ?data-bad=${notice?.bad}>${
      notice
        ? html`<span>${notice.text}</span>${
            notice.undo ? html`<button type="button" @click=${notice.undo}>${strings.undo}</button>` : nothing
          }`
        : nothing
    }</div>`;
  }

  private async followLink(event: MouseEvent): Promise<void> {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!link) return;
    event.preventDefault();
    const url = link.getAttribute("href") ?? "";
    if (!(await this.host.open(url))) this.say({ text: fill(strings.linkRefused, { url }), bad: true });
  }
}

export interface Answer {
  data: unknown;
  meta: Record<string, unknown>;
}

// What a tool answered; hosts that know no structured content have the same as text.
function answerOf(result: ToolResult): unknown {
  const answer: unknown = fromJson(
    result.structuredContent === undefined ? textOf(result) : JSON.stringify(result.structuredContent),
  );
  if (typeof answer !== "object" || answer === null) throw new Error(strings.unreadable);
  return answer;
}

function textOf(result: ToolResult): string {
  const texts = (result.content ?? []).filter(({ type }) => type === "text");
  return texts.map(({ text }) => text ?? "").join("\n") || strings.unreadable;
}

// Where a document is from: a link that says where it leads, or its name.
export function sourceOf(source: string): TemplateResult {
  return isWeb(source)
    ? html`<a href=${source} title=${source}>${strings.openSource} (${new URL(source).host})</a>`
    : html`<span class="source">${source}</span>`;
}
