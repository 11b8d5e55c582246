// What was done before the answer: one line that opens into its steps.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { strings } from "../i18n/strings.ts";
import { fill } from "../i18n/translation.ts";
import { toHtml } from "../markdown/render.ts";
import type { ThreadItem, WorkflowTask } from "../protocol/types.ts";
import { icons } from "../ui/icons.ts";
import { isWeb } from "../ui/pictures.ts";

// When each workflow was first seen to run: the protocol tells how long it took only sometimes.
const begun = new Map<string, number>();
const lasted = new Map<string, number>();

export function steps(item: ThreadItem, done: boolean): TemplateResult {
  const tasks = (item.workflow?.tasks ?? (item.task ? [item.task] : [])).filter(Boolean);
  const running = !done && tasks.some((task) => task.status_indicator === "loading");
  const seconds = item.workflow?.summary?.duration ?? clock(item.id, running);
  const title = item.workflow?.summary?.title ?? tasks.at(-1)?.title ?? strings.steps;
  return html`<details class="steps" ?data-running=${running} ?open=${item.workflow?.expanded ?? false}>
    <summary>${running ? html`<span class="spinner"></span>` : icons.check}<span>${title}</span>
      ${tasks.length > 1 ? html`<span class="count">${tasks.length}</span>` : nothing}
      ${
        seconds && !running
          ? html`<span class="count">${fill(strings.lasted, { seconds: whole(seconds) })}</span>`
          : nothing
      }</summary>
    <ol>${tasks.map(step)}</ol>
  </details>`;
}

function step(task: WorkflowTask): TemplateResult {
  const asked =
    task.icon === "search" && task.content
      ? [task.content]
      : [...(task.title_query ? [task.title_query] : []), ...(task.queries ?? [])];
  const text = task.icon === "search" ? "" : (task.content ?? "");
  return html`<li ?data-running=${task.status_indicator === "loading"}>
    <span>${task.title ?? ""}</span>
    ${asked.map((query) => html`<span class="query">${fill(strings.searched, { query })}</span>`)}
    ${text ? html`<div class="prose">${unsafeHTML(toHtml(text))}</div>` : nothing}
    ${(task.sources ?? []).map((source) =>
      isWeb(source.url)
        ? html`<a class="query" href=${source.url} title=${source.url} target="_blank"
          rel="noopener noreferrer">${source.title}</a>`
        : html`<span class="query">${source.title || source.filename}</span>`,
    )}
  </li>`;
}

// A step of a moment took a second, too.
const whole = (seconds: number): number => Math.max(1, Math.round(seconds));

// Measured only for what ran before the eyes of the user.
function clock(id: string, running: boolean): number {
  const start = begun.get(id);
  if (running && start === undefined) begun.set(id, performance.now());
  if (!running && start !== undefined && !lasted.has(id)) lasted.set(id, (performance.now() - start) / 1000);
  return lasted.get(id) ?? 0;
}
