// What a message carries besides words, on its way out and when it is shown.
import type { ThreadItem } from "./types.ts";

export interface Tag {
  id: string;
  kind: "collection" | "document";
  label: string;
  hint: string;
  data: Record<string, string | number>;
}

export interface Outgoing {
  text: string;
  tags?: Tag[];
  attachments?: string[];
  quoted?: string;
  model?: string;
  tool?: string;
}

export interface Attachment {
  id: string;
  name: string;
  mime_type: string;
  type: "file" | "image";
  preview_url?: string;
  upload_descriptor?: { url: string; method: string; headers?: Record<string, string> } | null;
}

interface TagPart {
  type: string;
  id?: string;
  text: string;
  data?: { kind?: string };
}

// The `input` of a request; the tags come first, since they say where to look.
export function inputOf(message: string | Outgoing): object {
  const {
    text,
    tags = [],
    attachments = [],
    quoted,
    model,
    tool,
  } = typeof message === "string" ? ({ text: message } as Outgoing) : message;
  const words = tags.length && text ? ` ${text}` : text;
  const content: object[] = tags.map((tag) => ({
    type: "input_tag",
    id: tag.id,
    text: tag.label,
    data: { kind: tag.kind, ...tag.data },
    group: tag.kind,
    interactive: false,
  }));
  if (words || !content.length) content.push({ type: "input_text", text: words });
  const inference_options = { ...(model ? { model } : {}), ...(tool ? { tool_choice: { id: tool } } : {}) };
  return { content, attachments, inference_options, ...(quoted ? { quoted_text: quoted } : {}) };
}

// The `input` that asks a sent message anew; its files stay where they were.
export function inputAgain({ content, quoted_text }: ThreadItem): object {
  const quoted = quoted_text ? { quoted_text } : {};
  return { content, attachments: [], inference_options: {}, ...quoted };
}

const parts = (item: ThreadItem): TagPart[] => (item.content ?? []) as TagPart[];

// The words of a sent message; tags other programs put between the words stay between them.
export function wordsOf(item: ThreadItem): string {
  const all = parts(item);
  const first = all.findIndex((part) => part.type !== "input_tag");
  const rest = first < 0 ? [] : all.slice(first);
  return rest
    .map((part) => (part.type === "input_tag" ? `@${part.text}` : part.text))
    .join("")
    .trim();
}

// The names of what a sent message was limited to, those that stand before its words.
export function namesOf(item: ThreadItem): { kind: string; text: string }[] {
  const all = parts(item);
  const first = all.findIndex((part) => part.type !== "input_tag");
  return (first < 0 ? all : all.slice(0, first)).map((part) => ({
    kind: part.data?.kind ?? "",
    text: part.text,
  }));
}
