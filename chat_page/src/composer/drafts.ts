// What was typed and not yet sent, per chat, for as long as the tab lives.
import type { AttachedFile } from "../attachments/attached-file.ts";
import type { Tag } from "../protocol/user-message.ts";
import { DRAFT } from "../ui/kept.ts";

// What a site or another view may put into the message box.
export interface ComposerValue {
  text?: string;
  quoted?: string;
  tags?: Tag[];
  files?: File[];
  model?: string;
  tool?: string;
}

export interface Draft {
  text: string;
  quoted: string;
  tags: Tag[];
  files: AttachedFile[];
}

// The chat that has no id yet.
export const NEW = "new";
const drafts = new Map<string, Draft>();
const keyOf = (threadId: string): string => `${DRAFT}${threadId}`;

export function draftOf(threadId: string): Draft {
  let draft = drafts.get(threadId);
  if (!draft) drafts.set(threadId, (draft = { text: savedText(threadId), quoted: "", tags: [], files: [] }));
  return draft;
}

// Words alone outlive a reload; files and tags are few clicks away.
export function saveText(threadId: string, text: string): void {
  try {
    if (text) sessionStorage.setItem(keyOf(threadId), text);
    else sessionStorage.removeItem(keyOf(threadId));
  } catch {
    // Storage is switched off or full: the draft lasts as long as the page.
  }
}

// What never reached the service stands before what was typed since, when the page is left to sign in again.
export function signInAgain(threadId: string | undefined, message: { text: string } | string = ""): void {
  const sent = typeof message === "string" ? message : message.text;
  const texts = [sent, savedText(threadId ?? NEW)];
  saveText(threadId ?? NEW, texts.filter(Boolean).join("\n\n"));
  location.reload();
}

// A new chat got its id while the next question was being typed.
export function moveDraft(from: string, to: string): void {
  const draft = draftOf(from);
  drafts.set(to, draft);
  drafts.delete(from);
  saveText(from, "");
  saveText(to, draft.text);
}

function savedText(threadId: string): string {
  try {
    return sessionStorage.getItem(keyOf(threadId)) ?? "";
  } catch {
    return ""; // storage is switched off
  }
}
