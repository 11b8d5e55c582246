// A conversation as a file on the user's own disk.

import { strings } from "../i18n/strings.ts";
import type { AssistantContent, AssistantItem, Source, Thread, ThreadItem } from "../protocol/types.ts";
import { isAssistant } from "../protocol/types.ts";
import { wordsOf } from "../protocol/user-message.ts";
import { sourcesOf } from "./citations.ts";
import { isFailureNote } from "./failure-note.ts";

export function asMarkdown(thread: Thread, items: ThreadItem[]): string {
  const parts = items.map(itemText).filter(Boolean);
  return `${[`# ${oneLine(thread.title || strings.untitled)}`, ...parts].join("\n\n")}\n`;
}

export function asJson(thread: Thread, items: ThreadItem[]): string {
  const { id, title, created_at } = thread;
  return `${JSON.stringify({ id, title, created_at, items }, null, 2)}\n`;
}

// The browser saves the text under the thread's title.
export function save(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export const fileName = (thread: Thread, ending: string): string =>
  `${
    (thread.title || "chat")
      .replace(/[^\p{L}\p{N}_-]+/gu, " ")
      .trim()
      .slice(0, 80) || "chat"
  }.${ending}`;

function itemText(item: ThreadItem): string {
  if (item.type === "user_message") return `## ${strings.you}\n\n${wordsOf(item)}`;
  if (isAssistant(item)) return answerText(item);
  if (isFailureNote(item)) return `*${oneLine(item.task?.title ?? "")}*`;
  if (item.widget && item.copy_text) return item.copy_text;
  if (item.type !== "structured_input") return "";
  return (item.inputs ?? [])
    .map(({ question, answer }) => `- ${question} ${answer?.values.join(", ") || strings.formSkipped}`)
    .join("\n");
}

function answerText(item: AssistantItem): string {
  const sources = sourcesOf(item.content);
  const text = item.content.map((part) => withNumbers(part, sources)).join("\n\n");
  const list = sources.map(
    ({ title, description, label, url }, place) =>
      `${place + 1}. ${oneLine([title, description, label ?? url].filter(Boolean).join(" · "))}`,
  );
  return [
    `## ${strings.assistant}`,
    text,
    ...(list.length ? [`${strings.sources}:\n\n${list.join("\n")}`] : []),
  ].join("\n\n");
}

function withNumbers(part: AssistantContent, sources: Source[]): string {
  const points = Array.from(part.text);
  const marks = part.annotations
    .filter(({ index }) => typeof index === "number")
    .toSorted((one, other) => Number(other.index) - Number(one.index));
  for (const { index, source } of marks) {
    const number = sources.findIndex((other) => other.id === source.id && other.title === source.title) + 1;
    points.splice(Math.min(Number(index), points.length), 0, ` [${number}]`);
  }
  return points.join("");
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();
