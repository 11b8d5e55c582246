// The tabs that only show: how the chat is, how much it is used, and poor answers.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { fill } from "../i18n/translation.ts";
import { grouped, moment, size, table } from "./parts.ts";
import { words } from "./strings.ts";
import type { Health, PoorAnswer, PoorAnswers, Usage } from "./types.ts";

const NOT_PARTS = new Set(["ready", "state"]);

export function overview(health: Health): TemplateResult {
  const names = words.parts as Record<string, string>;
  const parts = Object.entries(health.parts).filter(([name]) => !NOT_PARTS.has(name));
  const problems = Object.entries(health.problems);
  const facts: [string, unknown][] = [
    ...parts.map(([name, said]): [string, unknown] => [
      names[name] ?? name,
      said === "ok" ? words.fine : said,
    ]),
    [words.version, health.version],
    [words.conversations, grouped(health.threads)],
    [words.answering, grouped(health.answering)],
    [words.databaseSize, size(health.database_bytes)],
  ];
  return html`<div class="box"><h2>${words.tabs.overview}</h2>
      <p class="state" data-state=${health.state}>${words.states[health.state]}</p>
      <p>${modelLine(health)}</p>
      ${health.model.extractive ? html`<p><a href="#/admin/model">${words.setUp}</a></p>` : nothing}
      <dl>${facts.map(([name, said]) => html`<dt>${name}</dt><dd>${said}</dd>`)}</dl></div>
    ${
      problems.length
        ? html`<div class="alert"><h3>${words.notCounting}</h3>
          ${problems.map(([name, said]) => html`<p><b>${name}</b> ${said}</p>`)}</div>`
        : nothing
    }`;
}

export const modelLine = ({ model }: Health): string =>
  model.extractive ? words.noModel : fill(words.modelNow, { name: model.name, provider: model.provider });

export function usage({ days, people }: Usage): TemplateResult {
  if (!days.length) return html`<p>${words.noUsage}</p>`;
  const numbers = [words.answers, words.tokensIn, words.tokensOut].map((label) => ({ label, number: true }));
  const [answers, ...tokens] = numbers;
  const byDay = [{ label: words.day }, answers ?? { label: "" }, { label: words.people, number: true }];
  return html`<div class="box"><h2>${words.byDay}</h2>
      ${table(
        words.byDay,
        [...byDay, ...tokens],
        days.map((one) => [
          one.day,
          grouped(one.answers),
          grouped(one.people),
          grouped(one.input_tokens),
          grouped(one.output_tokens),
        ]),
      )}</div>
    <div class="box"><h2>${words.byPerson}</h2>
      ${table(
        words.byPerson,
        [{ label: words.person }, ...numbers, { label: words.last }],
        people.map((one) => [
          one.user_id,
          grouped(one.answers),
          grouped(one.input_tokens),
          grouped(one.output_tokens),
          moment(one.last_at),
        ]),
      )}</div>`;
}

export function poorAnswers({ voted, unanswered }: PoorAnswers): TemplateResult {
  return html`<p class="soft">${words.private}</p>
    ${list(words.voted, voted, words.noVotes)} ${list(words.unanswered, unanswered, words.noUnanswered)}`;
}

function list(title: string, answers: PoorAnswer[], none: string): TemplateResult {
  return html`<section class="box"><h2>${title}</h2>
    ${answers.length ? answers.map(poor) : html`<p class="soft">${none}</p>`}</section>`;
}

function poor({ user_id, at, question, answer, why, reason }: PoorAnswer): TemplateResult {
  return html`<article class="poor"><b>${question}</b>${answer ? html`<p>${answer}</p>` : nothing}
    ${reason ? html`<p>${fill(words.reason, { reason })}</p>` : nothing}
    <p class="soft">${words.why[why]} · ${user_id} · ${moment(at)}</p></article>`;
}
