// An answer: its text as it is written, its sources, and its buttons.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { unsafeHTML } from "lit/directives/unsafe-html.js";
import { strings } from "../i18n/strings.ts";
import { fill } from "../i18n/translation.ts";
import type { Split } from "../markdown/blocks.ts";
import { grow, split } from "../markdown/blocks.ts";
import type { AssistantContent, AssistantItem, Source, Vote } from "../protocol/types.ts";
import { icons } from "../ui/icons.ts";
import { sourcesOf, withMarks } from "./citations.ts";
import { iconButton } from "./icon-button.ts";
import type { MessageActions } from "./message-actions.ts";
import { reasonForm } from "./vote-reason.ts";

// Answers that are being written, by item and part; one is dropped when it is complete.
const growing = new Map<string, Split>();
const complete = new WeakMap<AssistantContent, TemplateResult>();

export function assistantMessage(
  item: AssistantItem,
  actions: MessageActions,
  done: boolean,
  last: boolean,
): TemplateResult {
  const sources = sourcesOf(item.content);
  return html`<div class="answer" data-item=${item.id}>
    <h2 class="unseen">${strings.assistant}</h2>
    ${item.content.map((part, place) =>
      done ? completed(part, sources, `${item.id} ${place}`) : written(part, sources, `${item.id} ${place}`),
    )}
    ${done && sources.length ? sourceList(sources, actions) : nothing}
    ${done ? toolbar(item, actions, last) : nothing}
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

const blocks = (parts: string[]): TemplateResult =>
  html`<div class="prose">${parts.map((block) => unsafeHTML(block))}</div>`;

function toolbar(item: AssistantItem, actions: MessageActions, last: boolean): TemplateResult {
  const vote = actions.voteOf(item)?.kind;
  const text = item.content.map((part) => part.text).join("\n\n");
  const thumb = (kind: Vote["kind"], label: string, icon: unknown) =>
    iconButton(label, icon, () => actions.vote(item, vote === kind ? null : kind), vote === kind);
  return html`<div class="tools">
    ${iconButton(strings.copyAnswer, icons.copy, () => actions.copy(text))}
    ${thumb("positive", strings.good, icons.up)} ${thumb("negative", strings.bad, icons.down)}
    ${
      actions.keepsTasks()
        ? iconButton(strings.addTask, icons.task, () =>
            actions.act(null, { type: "task.add", payload: { item_id: item.id } }),
          )
        : nothing
    }
    ${actions.branches() ? iconButton(strings.branch, icons.branch, () => actions.branch(item)) : nothing}
    ${last ? iconButton(strings.tryAgain, icons.retry, () => actions.retry()) : nothing}
  </div>
  ${
    actions.asksWhy(item)
      ? reasonForm(
          (reason) => actions.vote(item, "negative", reason),
          () => actions.askWhy(null),
        )
      : nothing
  }`;
}

function sourceList(sources: Source[], actions: MessageActions): TemplateResult {
  return html`<section class="sources" aria-label=${strings.sources}>
    ${sources.map((source, place) => {
      const where = source.description || source.label || source.filename || "";
      return html`<button type="button" class="source" data-place=${place}
        title=${where ? `${source.title} · ${where}` : source.title}
        aria-label=${fill(strings.showSource, { number: place + 1, title: source.title })}
        @click=${(event: Event) => actions.open(source, event.currentTarget as HTMLElement)}>
        <span class="number">${place + 1}</span><span class="source-title">${source.title}</span><span
          class="where">${where}</span></button>`;
    })}
  </section>`;
}
