// What is on the page, and how each event changes it. Pure: no DOM, no requests.

import { strings } from "../i18n/strings.ts";
import type {
  Annotation,
  AssistantContent,
  ItemUpdate,
  StreamEvent,
  Thread,
  ThreadItem,
  Widget,
  Workflow,
} from "../protocol/types.ts";
import { isAssistant } from "../protocol/types.ts";
import { isFailureNote, stoppedNote } from "./failure-note.ts";

export interface Notice {
  level: "info" | "warning" | "danger";
  text: string;
  title?: string;
}

export interface Failure {
  text: string;
  retry: boolean;
  gone?: boolean;
}

export interface ChatState {
  thread: Thread | null;
  items: ThreadItem[];
  progress: string;
  failure: Failure | null;
  notice: Notice | null;
  suggestions: string[];
}

export const emptyState: ChatState = {
  thread: null,
  items: [],
  progress: "",
  failure: null,
  notice: null,
  suggestions: [],
};

export function reduce(state: ChatState, event: StreamEvent): ChatState {
  switch (event.type) {
    case "thread.created":
    case "thread.updated":
      return event.thread ? { ...state, thread: { ...state.thread, ...withoutItems(event.thread) } } : state;
    case "thread.item.added":
    case "thread.item.done":
    case "thread.item.replaced":
      return event.item ? { ...state, items: withItem(state.items, event.item), progress: "" } : state;
    case "thread.item.removed":
      return { ...state, items: state.items.filter((item) => item.id !== event.item_id) };
    case "thread.item.updated":
      return { ...state, items: updated(state.items, event.item_id, event.update) };
    case "progress_update":
      return { ...state, progress: event.text ?? "" };
    case "error":
      return { ...state, progress: "", failure: failureIn(event, state.items.at(-1)) };
    case "notice":
      return { ...state, notice: noticeOf(event) };
    case "client_effect":
      return event.name === "suggestions" ? { ...state, suggestions: questionsIn(event.data) } : state;
    default:
      return state;
  }
}

export function lastUserMessage(items: ThreadItem[]): ThreadItem | undefined {
  return items.findLast((item) => item.type === "user_message");
}

// What was sent is sent once more: what came of it, behind its message, is shown anew.
export function askedAgain(state: ChatState, kept: number): ChatState {
  const isShown = state.items[kept]?.type === "user_message";
  const items = state.items.slice(0, isShown ? kept + 1 : kept);
  return { ...state, items, failure: null, progress: strings.reconnecting };
}

// The user has stopped the answer, as far as it came.
export function stopped(state: ChatState): ChatState {
  return state.thread ? { ...state, items: [...state.items, stoppedNote(state.thread.id)] } : state;
}

// Whether the last question has an answer.
export function endsWithAnswer(items: ThreadItem[]): boolean {
  return items.findLastIndex(isAssistant) > items.findLastIndex((item) => item.type === "user_message");
}

// Why the last question has no answer, where a line of the thread says so.
export function noteText({ items }: ChatState): string | undefined {
  const last = items.at(-1);
  return isFailureNote(last) ? (last.task?.title ?? undefined) : undefined;
}

// Nothing when a line of the thread says the same already.
function failureIn(event: StreamEvent, last: ThreadItem | undefined): Failure | null {
  const text = event.message || strings.somethingFailed;
  const isSaid = isFailureNote(last) && last.task?.title === text;
  return isSaid ? null : { text, retry: event.allow_retry ?? false };
}

const MAX_SUGGESTIONS = 6;

function questionsIn(data: Record<string, unknown> | undefined): string[] {
  const questions = data?.["questions"];
  return Array.isArray(questions)
    ? questions.filter((one): one is string => typeof one === "string").slice(0, MAX_SUGGESTIONS)
    : [];
}

function noticeOf(event: StreamEvent): Notice {
  const notice: Notice = { level: event.level ?? "info", text: event.message ?? "" };
  return event.title ? { ...notice, title: event.title } : notice;
}

function withoutItems(thread: Thread): Thread {
  const { items: _, ...rest } = thread;
  return rest;
}

function withItem(items: ThreadItem[], item: ThreadItem): ThreadItem[] {
  const known = items.findIndex((other) => other.id === item.id);
  return known < 0 ? [...items, item] : items.with(known, item);
}

function updated(items: ThreadItem[], id: string | undefined, update: ItemUpdate | undefined): ThreadItem[] {
  const index = items.findIndex((item) => item.id === id);
  const item = items[index];
  if (!item || !update) return items;
  return items.with(index, changedItem(item, update));
}

function changedItem(item: ThreadItem, update: ItemUpdate): ThreadItem {
  switch (update.type) {
    case "workflow.task.added":
    case "workflow.task.updated":
      return withTask(item, update);
    case "widget.root.updated":
      return update.widget ? { ...item, widget: update.widget } : item;
    case "widget.component.updated":
    case "widget.streaming_text.value_delta":
      return item.widget ? { ...item, widget: changedWidget(item.widget, update) } : item;
    case "generated_image.updated":
      return update.image ? { ...item, image: update.image } : item;
    default:
      return withText(item, update);
  }
}

// The component that the update names is changed wherever it stands.
function changedWidget(widget: Widget, update: ItemUpdate): Widget {
  if (widget.id && widget.id === update.component_id) {
    return update.component ?? { ...widget, value: (widget.value ?? "") + (update.delta ?? "") };
  }
  const { children } = widget;
  if (!children) return widget;
  const change = (child: Widget): Widget => changedWidget(child, update);
  return { ...widget, children: Array.isArray(children) ? children.map(change) : change(children) };
}

function withTask(item: ThreadItem, update: ItemUpdate): ThreadItem {
  if (!item.workflow || !update.task) return item;
  const tasks = [...item.workflow.tasks];
  tasks[update.task_index ?? tasks.length] = update.task;
  const workflow: Workflow = { ...item.workflow, tasks };
  return { ...item, workflow };
}

function withText(item: ThreadItem, update: ItemUpdate): ThreadItem {
  if (!isAssistant(item)) return item;
  const content = [...item.content];
  const index = update.content_index ?? 0;
  while (content.length <= index) content.push({ type: "output_text", text: "", annotations: [] });
  content[index] = changedPart(content[index] as AssistantContent, update);
  return { ...item, content };
}

function changedPart(part: AssistantContent, update: ItemUpdate): AssistantContent {
  switch (update.type) {
    case "assistant_message.content_part.added":
    case "assistant_message.content_part.done":
      return update.content ?? part;
    case "assistant_message.content_part.text_delta":
      return { ...part, text: part.text + (update.delta ?? "") };
    case "assistant_message.content_part.annotation_added":
      return update.annotation ? { ...part, annotations: inserted(part.annotations, update) } : part;
    default:
      return part;
  }
}

function inserted(annotations: Annotation[], update: ItemUpdate): Annotation[] {
  const place = Math.min(update.annotation_index ?? annotations.length, annotations.length);
  return annotations.toSpliced(place, 0, update.annotation as Annotation);
}
