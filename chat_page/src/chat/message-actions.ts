// What the user can do with the items of a conversation.
import type { Action, ShownVersion, Source, Submission, ThreadItem, Vote } from "../protocol/types.ts";

export interface MessageActions {
  copy(text: string): void;
  vote(item: ThreadItem, kind: Vote["kind"] | null, reason?: string): void;
  voteOf(item: ThreadItem): Vote | undefined;
  askWhy(item: ThreadItem | null): void;
  asksWhy(item: ThreadItem): boolean;
  retry(): void;
  mayAskAgain(note: ThreadItem): boolean;
  askAgain(note: ThreadItem): void;
  keepsTasks(): boolean;
  act(item: ThreadItem | null, action: Action): void;
  submit(item: ThreadItem, submission: Submission): void;
  busy(): boolean;
  versionOf(item: ThreadItem): ShownVersion | undefined;
  showVersion(item: ThreadItem, number: number): void;
  branches(): boolean;
  branch(item: ThreadItem): void;
  open(source: Source, from: HTMLElement): void;
  edits(item: ThreadItem): boolean;
  edit(item: ThreadItem | null): void;
  resend(item: ThreadItem, text: string): void;
}
