// How each kind of item in a thread is drawn.
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { grow, split } from "../markdown/blocks.ts";
import { sourcesOf, withMarks } from "./citations.ts";
import { attachmentsOf, scopeOf } from "../attachments/file-element.ts";
import { form } from "../cards/question-form.ts";
import { icons } from "../ui/icons.ts";
import { wordsOf } from "../protocol/user-message.ts";
import { picture } from "../ui/pictures.ts";
import { steps } from "./steps.ts";
import { fill, strings } from "../i18n/strings.ts";
import { isAssistant } from "../protocol/types.ts";
import { why } from "./vote-reason.ts";
import { card } from "../cards/card.ts";
import type { Split } from "../markdown/blocks.ts";
import type { Action, AssistantContent, AssistantItem, Source, Submission, ThreadItem, Vote } from "../protocol/types.ts";

type Kind = Vote["kind"];

export interface MessageActions {
  copy(text: string): void;
  vote(item: ThreadItem, kind: Kind | null, reason?: string): void;
  voteOf(item: ThreadItem): Vote | undefined;
  askWhy(item: ThreadItem | null): void;
  asksWhy(item: ThreadItem): boolean;
  retry(): void;
  act(item: ThreadItem | null, action: Action): void;
  submit(item: ThreadItem, submission: Submission): void;
  busy(): boolean;
  open(source: Source, from: HTMLElement): void;
  edits(item: ThreadItem): boolean;
  edit(item: ThreadItem | null): void;
  resend(item: ThreadItem, text: string): void;
}

const SKIPPED = new Set(["end_of_turn", "hidden_context_item", "sdk_hidden_context"]);
// Answers that are being written, by item and part; one is dropped when it is complete.
const growing = new Map<string, Split>();
const complete = new WeakMap<AssistantContent, TemplateResult>();

// `done` says whether the answer is complete and has its buttons; `last` whether it can be asked for again.
export function message(item: ThreadItem, actions: MessageActions, done: boolean, last: boolean): TemplateResult | typeof nothing {
  if (SKIPPED.has(item.type)) return nothing;
  if (item.type === "user_message") return actions.edits(item) ? editor(item, actions) : userMessage(item, actions);
  if (isAssistant(item)) return assistantMessage(item, actions, done, last);
  if (item.type === "workflow" || item.type === "task") return steps(item, done);
  const drawn = otherItem(item, actions);
  return html`<div class="answer" data-item=${item.id}>${drawn}</div>`;
}

function otherItem(item: ThreadItem, actions: MessageActions): TemplateResult {
  if (item.widget) return card(item.widget, { act: (action) => actions.act(item, action), busy: actions.busy(), key: item.id });
  if (item.type === "structured_input") return form(item, (submission) => actions.submit(item, submission), actions.busy());
  if (item.type === "generated_image") return picture(item.image?.url, strings.picture);
  if (item.type === "client_tool_call") return html`<p class="aside">${fill(strings.toolCall, { name: item.name ?? "" })}</p>`;
  return html`<p class="aside">${item.copy_text ?? fill(strings.unknownPart, { kind: item.type })}</p>`;
}

function userMessage(item: ThreadItem, actions: MessageActions): TemplateResult {
  return html`<div class="said">
    <div class="user"><h2 class="unseen">${strings.you}</h2>${scopeOf(item)}${attachmentsOf(item)}<p>${wordsOf(item)}</p></div>
    ${actions.busy() ? nothing : button(strings.edit, icons.pencil, () => actions.edit(item))}
  </div>`;
}

function editor(item: ThreadItem, actions: MessageActions): TemplateResult {
  const send = (event: Event) => {
    event.preventDefault();
    const area = (event.target as HTMLElement).closest("form")?.querySelector("textarea");
    if (area?.value.trim()) actions.resend(item, area.value.trim());
  };
  const key = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Escape") actions.edit(null);
    if (event.key === "Enter" && !event.shiftKey) send(event);
  };
  return html`<form class="edit" @submit=${send}>
    <textarea rows="3" maxlength="20000" aria-label=${strings.edit} .value=${wordsOf(item)} @keydown=${key}></textarea>
    <p class="meta">${strings.editHint}</p>
    <div class="ways"><button class="primary">${strings.resend}</button>
      <button type="button" @click=${() => actions.edit(null)}>${strings.cancel}</button></div>
  </form>`;
}

function assistantMessage(item: AssistantItem, actions: MessageActions, done: boolean, last: boolean): TemplateResult {
  const sources = sourcesOf(item.content);
  return html`<div class="answer" data-item=${item.id}>
    <h2 class="unseen">${strings.assistant}</h2>
    ${item.content.map((part, place) => (done ? completed(part, sources, `${item.id} ${place}`) : written(part, sources, `${item.id} ${place}`)))}
    ${done && sources.length ? sourceList(sources, actions) : nothing} ${done ? toolbar(item, actions, last) : nothing}
  </div>`;
}

function written(part: AssistantContent, sources: Source[], key: string): TemplateResult {
  const now = grow(growing.get(key), withMarks(part, sources));
  growing.set(key, now);
  return blocks(now.html);
}

function completed(part: AssistantContent, sources: Source[], key: string): TemplateResult {
  growing.delete(key);
  const known = complete.get(part) ?? blocks(split(withMarks(part, sources)).html);
  complete.set(part, known);
  return known;
}

const blocks = (parts: string[]): TemplateResult => html`<div class="prose">${parts.map((block) => unsafeHTML(block))}</div>`;

function button(label: string, icon: unknown, run: () => void, pressed?: boolean): TemplateResult {
  return html`<button type="button" class="icon small" title=${label} aria-label=${label}
    aria-pressed=${pressed === undefined ? nothing : String(pressed)} @click=${run}>${icon}</button>`;
}

function toolbar(item: AssistantItem, actions: MessageActions, last: boolean): TemplateResult {
  const vote = actions.voteOf(item)?.kind;
  const text = item.content.map((part) => part.text).join("\n\n");
  const thumb = (kind: Kind, label: string, icon: unknown) =>
    button(label, icon, () => actions.vote(item, vote === kind ? null : kind), vote === kind);
  return html`<div class="tools">
    ${button(strings.copyAnswer, icons.copy, () => actions.copy(text))}
    ${thumb("positive", strings.good, icons.up)} ${thumb("negative", strings.bad, icons.down)}
    ${button(strings.addTask, icons.task, () => actions.act(null, { type: "task.add", payload: { item_id: item.id } }))}
    ${last ? button(strings.tryAgain, icons.retry, () => actions.retry()) : nothing}
  </div>
  ${actions.asksWhy(item) ? why((reason) => actions.vote(item, "negative", reason), () => actions.askWhy(null)) : nothing}`;
}

function sourceList(sources: Source[], actions: MessageActions): TemplateResult {
  return html`<section class="sources" aria-label=${strings.sources}>
    ${sources.map((source, place) => {
      const where = source.description || source.label || source.filename || "";
      return html`<button type="button" class="source" data-place=${place} title=${where ? `${source.title} · ${where}` : source.title}
        aria-label=${fill(strings.showSource, { number: place + 1, title: source.title })}
        @click=${(event: Event) => actions.open(source, event.currentTarget as HTMLElement)}>
        <span class="number">${place + 1}</span><span class="source-title">${source.title}</span><span class="where">${where}</span></button>`;
    })}
  </section>`;
}
