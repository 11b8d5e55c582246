// The list of chats beside the chat.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import type { Session } from "../chat/session.ts";
import type { Renamed } from "../history/chat-list.ts";
import { strings } from "../i18n/strings.ts";
import type { Thread } from "../protocol/types.ts";

export interface ChatChoices {
  open(threadId: string): void;
  create(): void;
  close(): void;
  // Whether the page of connected programs is there.
  programs: boolean;
}

export function chatList(session: Session, drawer: boolean, choices: ChatChoices): TemplateResult {
  return html`<owflex-history .threads=${session.list.threads} .current=${session.state.thread?.id}
    ?more=${session.list.more} ?open=${drawer}
    .foot=${choices.programs ? html`<a href="connections">${strings.programs}</a>` : nothing}
    @open=${(event: CustomEvent<Thread>) => choices.open(event.detail.id)} @create=${choices.create}
    @close=${choices.close}
    @rename=${({ detail }: CustomEvent<Renamed>) => void session.rename(detail.thread, detail.title)}
    @remove=${(event: CustomEvent<Thread>) => void session.remove(event.detail)}
    @more=${() => void session.listThreads(true)}></owflex-history>`;
}
