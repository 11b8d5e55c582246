// How each kind of item in a thread is drawn.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { card } from "../cards/card.ts";
import { form } from "../cards/question-form.ts";
import { strings } from "../i18n/strings.ts";
import { fill } from "../i18n/translation.ts";
import type { ThreadItem } from "../protocol/types.ts";
import { isAssistant } from "../protocol/types.ts";
import { picture } from "../ui/pictures.ts";
import { assistantMessage } from "./assistant-message.ts";
import { failureNote, isFailureNote } from "./failure-note.ts";
import type { MessageActions } from "./message-actions.ts";
import { steps } from "./steps.ts";
import { messageEditor, userMessage } from "./user-message.ts";

const SKIPPED = new Set(["end_of_turn", "hidden_context_item", "sdk_hidden_context"]);

// `done` says whether the answer is complete and has its buttons; `last` whether it can be asked for again.
export function message(
  item: ThreadItem,
  actions: MessageActions,
  done: boolean,
  last: boolean,
): TemplateResult | typeof nothing {
  if (SKIPPED.has(item.type)) return nothing;
  if (item.type === "user_message")
    return actions.edits(item) ? messageEditor(item, actions) : userMessage(item, actions);
  if (isAssistant(item)) return assistantMessage(item, actions, done, last);
  if (isFailureNote(item)) return failureNote(item, actions);
  if (item.type === "workflow" || item.type === "task") return steps(item, done);
  const drawn = otherItem(item, actions);
  return html`<div class="answer" data-item=${item.id}>${drawn}</div>`;
}

function otherItem(item: ThreadItem, actions: MessageActions): TemplateResult {
  if (item.widget)
    return card(item.widget, {
      act: (action) => actions.act(item, action),
      busy: actions.busy(),
      key: item.id,
    });
  if (item.type === "structured_input")
    return form(item, (submission) => actions.submit(item, submission), actions.busy());
  if (item.type === "generated_image") return picture(item.image?.url, strings.picture);
  if (item.type === "client_tool_call")
    return html`<p class="aside">${fill(strings.toolCall, { name: item.name ?? "" })}</p>`;
  return html`<p class="aside">${item.copy_text ?? fill(strings.unknownPart, { kind: item.type })}</p>`;
}
