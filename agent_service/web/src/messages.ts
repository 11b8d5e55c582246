// How each kind of item in a thread is drawn.
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { sourcesOf, withMarks } from "./citations.ts";
import { icons } from "./icons.ts";
import { toHtml } from "./markdown.ts";
import { strings } from "./strings.ts";
import { isAssistant } from "./types.ts";
import { card } from "./widgets.ts";
import type { Action, AssistantItem, Source, ThreadItem, UserContent } from "./types.ts";

export interface MessageActions {
  copy(text: string): void;
  vote(item: ThreadItem, kind: "positive" | "negative"): void;
  voteOf(item: ThreadItem): string | undefined;
  retry(): void;
  act(item: ThreadItem | null, action: Action): void;
  busy(): boolean;
}

// `tools` says whether the answer is complete and has its buttons; `last` whether it can be asked for again.
export function message(item: ThreadItem, actions: MessageActions, tools: boolean, last: boolean): TemplateResult | typeof nothing {
  if (item.type === "user_message") return userMessage(item);
  if (isAssistant(item)) return assistantMessage(item, actions, tools, last);
  if (item.type === "workflow" || item.type === "task") return steps(item);
  if (item.type === "end_of_turn" || item.type === "client_tool_call") return nothing;
  if (item.widget) return html`<div class="answer">${card(item.widget, { act: (action) => actions.act(item, action), busy: actions.busy() })}</div>`;
  return otherItem(item);
}

function userMessage(item: ThreadItem): TemplateResult {
  const text = ((item.content ?? []) as UserContent[]).map((part) => part.text).join("");
  return html`<div class="user"><h2 class="unseen">${strings.you}</h2><p>${text}</p></div>`;
}

function assistantMessage(item: AssistantItem, actions: MessageActions, tools: boolean, last: boolean): TemplateResult {
  const sources = sourcesOf(item.content);
  return html`<div class="answer" data-item=${item.id}>
    <h2 class="unseen">${strings.assistant}</h2>
    ${item.content.map((part) => html`<div class="prose">${unsafeHTML(toHtml(withMarks(part, sources)))}</div>`)}
    ${sources.length ? sourceList(sources) : nothing} ${tools ? toolbar(item, actions, last) : nothing}
  </div>`;
}

function toolbar(item: AssistantItem, actions: MessageActions, last: boolean): TemplateResult {
  const vote = actions.voteOf(item);
  const text = item.content.map((part) => part.text).join("\n\n");
  const button = (label: string, icon: unknown, run: () => void, pressed?: boolean) =>
    html`<button type="button" class="icon small" title=${label} aria-label=${label}
      aria-pressed=${pressed === undefined ? nothing : String(pressed)} @click=${run}>${icon}</button>`;
  return html`<div class="tools">
    ${button(strings.copyAnswer, icons.copy, () => actions.copy(text))}
    ${button(strings.good, icons.up, () => actions.vote(item, "positive"), vote === "positive")}
    ${button(strings.bad, icons.down, () => actions.vote(item, "negative"), vote === "negative")}
    ${button(strings.addTask, icons.task, () => actions.act(null, { type: "task.add", payload: { item_id: item.id } }))}
    ${last ? button(strings.tryAgain, icons.retry, () => actions.retry()) : nothing}
  </div>`;
}

function sourceList(sources: Source[]): TemplateResult {
  return html`<section class="sources" aria-label=${strings.sources}>
    ${sources.map(
      (source, place) => html`<details data-place=${place}>
        <summary><span class="number">${place + 1}</span><span class="source-title">${source.title}</span>
          <span class="where">${source.description || source.label || source.filename || ""}</span></summary>
        ${passage(source)}
      </details>`,
    )}
  </section>`;
}

function passage(source: Source): TemplateResult {
  const data = source.data ?? {};
  const text = typeof data["passage"] === "string" ? data["passage"] : "";
  const page = data["page"] ? `${strings.page} ${String(data["page"])}` : "";
  const similarity = data["similarity"] ? `${strings.similarity} ${Number(data["similarity"]).toFixed(2)}` : "";
  const place = String(data["source"] ?? source.label ?? source.url ?? source.filename ?? "");
  return html`<div class="passage">
    <div class="prose">${unsafeHTML(toHtml(text))}</div>
    <p class="meta">${[place, page, similarity].filter(Boolean).join(" · ")}</p>
  </div>`;
}

function steps(item: ThreadItem): TemplateResult {
  const tasks = item.workflow?.tasks ?? (item.task ? [item.task] : []);
  const running = tasks.some((task) => task.status_indicator === "loading");
  const title = item.workflow?.summary?.title ?? tasks.at(-1)?.title ?? strings.steps;
  return html`<details class="steps" ?data-running=${running}>
    <summary>${title}</summary>
    <ol>
      ${tasks.map((task) => html`<li>${task.title ?? ""}${task.content ? html`<div class="prose">${unsafeHTML(toHtml(task.content))}</div>` : nothing}</li>`)}
    </ol>
  </details>`;
}

// Forms and pictures: what they say, in plain text.
function otherItem(item: ThreadItem): TemplateResult {
  const text = item.copy_text ?? item.inputs?.map((input) => input.question).join("\n") ?? strings.notShown;
  return html`<div class="answer"><div class="prose">${unsafeHTML(toHtml(text))}</div></div>`;
}
