// Parts of the frame that only show: the header, the empty chat, and the way back after a login has ended.
import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { icons } from "../ui/icons.ts";
import { language, translated } from "../i18n/translation.ts";
import { strings } from "../i18n/strings.ts";
import type { Theme } from "../ui/theme.ts";
import type { Renamed } from "../history/chat-list.ts";
import type { Session } from "../chat/session.ts";
import type { Config, Prompt, Thread } from "../protocol/types.ts";

export interface Bar {
  title: string;
  // Whether the drawer is out; nothing where there is no list of chats.
  drawer: boolean | null;
  views: unknown;
  exports: unknown;
  theme: Theme | null;
  full: boolean;
  closes: boolean;
  openDrawer(): void;
  create(): void;
  changeTheme(): void;
  toggleScreen(): void;
  close(): void;
}

export function header(bar: Bar): TemplateResult {
  return html`<header part="header">
    ${bar.drawer === null ? nothing : html`<button type="button" class="icon open-drawer" title=${strings.openHistory} aria-label=${strings.openHistory}
      aria-expanded=${String(bar.drawer)} @click=${bar.openDrawer}>${icons.menu}</button>`}
    <h1>${bar.title}</h1>
    ${bar.views} ${bar.exports} ${bar.drawer === null ? button(strings.newChat, icons.plus, bar.create) : nothing}
    ${bar.theme ? button(strings.themes[bar.theme], icons.theme, bar.changeTheme) : nothing}
    ${button(bar.full ? strings.leaveFullScreen : strings.fullScreen, bar.full ? icons.unfull : icons.full, bar.toggleScreen)}
    ${bar.closes ? button(strings.closeChat, icons.close, bar.close) : nothing}
  </header>`;
}

export interface ChatMoves {
  open(threadId: string): void;
  create(): void;
  close(): void;
}

export function chatList(session: Session, drawer: boolean, moves: ChatMoves): TemplateResult {
  return html`<owflex-history .threads=${session.threads} .current=${session.state.thread?.id} ?more=${session.moreThreads} ?open=${drawer}
    @open=${(event: CustomEvent<Thread>) => moves.open(event.detail.id)} @create=${moves.create} @close=${moves.close}
    @rename=${({ detail }: CustomEvent<Renamed>) => void session.rename(detail.thread, detail.title)}
    @remove=${(event: CustomEvent<Thread>) => void session.remove(event.detail)}
    @more=${() => void session.listThreads(true)}></owflex-history>`;
}

// The site's own words come before those of the service.
export function welcome(
  { greetings = {}, greeting, prompts, model }: Config,
  own: { greeting: string; prompts: Prompt[] | null },
  ask: (prompt: string) => void,
  outcome: unknown,
): TemplateResult {
  return html`<section class="welcome">
    <p class="greeting">${own.greeting || greetings[language()] || translated(greeting)}</p>
    <div class="prompts">
      ${(own.prompts ?? prompts).map(({ label, prompt }) => html`<button type="button" part="prompt" @click=${() => ask(prompt)}>${translated(label)}</button>`)}
    </div>
    ${model.extractive ? html`<p class="note">${strings.extractive}</p>` : nothing} ${outcome}
  </section>`;
}

export function loginAgain(login: () => void): TemplateResult {
  return html`<div class="login" role="alert"><p>${strings.loginEnded}</p>
    <button type="button" @click=${login}>${strings.loginAgain}</button></div>`;
}

function button(label: string, icon: unknown, run: () => void): TemplateResult {
  return html`<button type="button" class="icon" title=${label} aria-label=${label} @click=${run}>${icon}</button>`;
}
