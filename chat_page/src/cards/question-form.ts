// Questions of the service that are answered in a form.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { strings } from "../i18n/strings.ts";
import type { Question, Submission, ThreadItem } from "../protocol/types.ts";

export function form(
  item: ThreadItem,
  send: (submission: Submission) => void,
  busy: boolean,
): TemplateResult {
  const questions = item.inputs ?? [];
  if (item.status !== "pending") return answered(questions);
  const submit = (event: Event) => {
    event.preventDefault();
    const submission = submissionOf(questions, new FormData(event.target as HTMLFormElement));
    const first = (event.target as HTMLFormElement).querySelector<HTMLInputElement>("input, textarea");
    first?.setCustomValidity(submission ? "" : strings.required);
    if (submission) send(submission);
    else first?.reportValidity();
  };
  const clear = (event: Event) =>
    (event.currentTarget as HTMLElement)
      .querySelectorAll<HTMLInputElement>("input, textarea")
      .forEach((field) => void field.setCustomValidity(""));
  const skip = () => send({ status: "skipped", answers: {} });
  return html`<form class="card questions" @submit=${submit} @input=${clear}>
    ${questions.map((one) => question(one, `${item.id}-${one.id}`, busy))}
    <div class="ways"><button class="primary" ?disabled=${busy}>${strings.answerForm}</button>
      <button type="button" ?disabled=${busy} @click=${skip}>${strings.skipForm}</button></div>
  </form>`;
}

// What the fields say; nothing when no question has an answer.
export function submissionOf(
  questions: Question[],
  fields: { getAll(name: string): unknown[] },
): Submission | null {
  const answers: Submission["answers"] = {};
  for (const { id, multiple } of questions) {
    const chosen = fields
      .getAll(id)
      .map((value) => String(value).trim())
      .filter(Boolean);
    const own = fields
      .getAll(`${id} other`)
      .map((value) => String(value).trim())
      .filter(Boolean);
    const values = multiple ? [...chosen, ...own] : [...own, ...chosen].slice(0, 1);
    answers[id] = { values, skipped: !values.length };
  }
  return Object.values(answers).some(({ skipped }) => !skipped) ? { status: "answered", answers } : null;
}

function question(one: Question, id: string, busy: boolean): TemplateResult {
  if (one.type !== "multiple_choice") {
    return html`<label class="field"><span class="asked">${one.question}</span>
      ${one.description ? html`<span class="meta" id=${id}>${one.description}</span>` : nothing}
      <textarea name=${one.id} rows="2" maxlength="4000" aria-describedby=${one.description ? id : nothing}
        ?disabled=${busy}></textarea></label>`;
  }
  return html`<fieldset ?disabled=${busy}><legend class="asked">${one.question}</legend>
    ${(one.options ?? []).map(
      ({
        value,
      }) => html`<label class="chip"><input type=${one.multiple ? "checkbox" : "radio"} name=${one.id}
        value=${value} />
      <span>${value}</span></label>`,
    )}
    <input type="text" name="${one.id} other" maxlength="1000" autocomplete="off" placeholder=${strings.other}
      aria-label="${one.question}: ${strings.other}" />
  </fieldset>`;
}

function answered(questions: Question[]): TemplateResult {
  return html`<dl class="card questions">
    ${questions.map(
      ({ question: asked, answer }) => html`<div><dt>${asked}</dt>
      <dd>${
        answer && !answer.skipped && answer.values.length
          ? answer.values.join(", ")
          : html`<i>${strings.formSkipped}</i>`
      }</dd></div>`,
    )}
  </dl>`;
}
