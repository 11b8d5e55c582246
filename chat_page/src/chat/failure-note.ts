// The line in place of an answer that failed or was stopped: why there is none, and a way to ask once more.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { strings } from "../i18n/strings.ts";
import type { ThreadItem } from "../protocol/types.ts";
import type { MessageActions } from "./message-actions.ts";

// The service marks such lines by their picture: it failed, it was stopped, it would fail again.
const [FAILED, STOPPED, FINAL] = ["reload", "play", "info"];
const MARKS: (string | null | undefined)[] = [FAILED, STOPPED, FINAL];
const LOCAL = "local-";

interface FailureNote extends ThreadItem {
  type: "task";
}

export const isFailureNote = (item: ThreadItem | undefined): item is FailureNote =>
  item?.type === "task" && MARKS.includes(item.task?.icon);

// Drawn here until the thread is loaded again: the service has a line of its own for it by then.
export const isLocal = (item: ThreadItem): boolean => item.id.startsWith(LOCAL);

export function stoppedNote(threadId: string): ThreadItem {
  const created_at = new Date().toISOString();
  const task = { type: "custom", title: strings.stoppedAnswer, icon: STOPPED };
  return { id: `${LOCAL}${created_at}`, thread_id: threadId, created_at, type: "task", task };
}

// The question that a line speaks of, when it may be asked again. Files are sent only once, so that one
// with files must still be the last question.
export function askedBefore(items: ThreadItem[], note: ThreadItem): ThreadItem | undefined {
  if (note.task?.icon === FINAL) return undefined;
  const asked = items.slice(0, items.indexOf(note)).findLast(isQuestion);
  return asked && (asked === items.findLast(isQuestion) || !asked.attachments?.length) ? asked : undefined;
}

export function failureNote(item: ThreadItem, actions: MessageActions): TemplateResult {
  const { title, content, icon } = item.task ?? {};
  const looks = icon === STOPPED ? "notice" : "failure";
  return html`<div class=${looks} role="group" aria-label=${strings.noAnswer} data-item=${item.id}>
    <p>${title}${content ? html`<br>${content}` : nothing}</p>
    ${
      actions.mayAskAgain(item)
        ? html`<div class="ways"><button type="button"
          @click=${() => actions.askAgain(item)}>${strings.tryAgain}</button></div>`
        : nothing
    }
  </div>`;
}

const isQuestion = (item: ThreadItem): boolean => item.type === "user_message";
