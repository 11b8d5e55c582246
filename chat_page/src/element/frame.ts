// The frame of the page: the list of chats, the header, and the chat or another view.
import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { lockReason } from "../chat/lock.ts";
import type { ComposerValue } from "../composer/drafts.ts";
import { strings } from "../i18n/strings.ts";
import type { Outgoing } from "../protocol/user-message.ts";
import type { OwflexChat } from "./chat-element.ts";
import type { Header } from "./header.ts";
import { header } from "./header.ts";
import { loginAgain } from "./login-notice.ts";
import { viewLinks } from "./page-views.ts";
import { chatList } from "./side-list.ts";
import { welcome } from "./welcome.ts";

export function frame(chat: OwflexChat): TemplateResult {
  const { navigation } = chat;
  const skip = (event: Event): void => {
    event.preventDefault();
    chat.focusMessageBox();
  };
  return html`<a class="skip" href=${`#${chat.id}`} @click=${skip}>${strings.skip}</a>
    <div class="frame" ?data-drawer=${navigation.drawer} ?data-alone=${!chat.hasHistory}>
      ${chat.hasHistory ? sideList(chat) : nothing}
      <main>
        ${header(headerOf(chat))} ${chat.tokens.refused ? loginAgain(chat.login) : nothing}
        ${navigation.knowledge ? knowledgeView(chat) : navigation.admin ? adminView(chat) : chatView(chat)}
      </main>
    </div>
    <p class="unseen" role="status">${chat.session.status}</p>`;
}

function sideList({ session, navigation, startup, isPage }: OwflexChat): TemplateResult {
  return chatList(session, navigation.drawer, {
    open: (id) => navigation.show(id),
    create: () => navigation.create(),
    close: () => navigation.setDrawer(false),
    programs: isPage && Boolean(startup.config.connections),
  });
}

function knowledgeView(chat: OwflexChat): TemplateResult {
  const ask = (event: CustomEvent<ComposerValue>): void => void chat.askAbout(event.detail);
  return html`<owflex-knowledge .service=${chat.api} @owflex-ask=${ask}></owflex-knowledge>`;
}

function adminView(chat: OwflexChat): TemplateResult {
  const changed = (): void => void chat.startup.configure();
  return html`<owflex-admin .service=${chat.api} @owflex-changed=${changed}></owflex-admin>`;
}

function chatView(chat: OwflexChat): TemplateResult {
  const { state, loading, answering, outbox } = chat.session;
  const waiting = outbox.of(state.thread?.id ?? null).length;
  return html`${state.items.length || loading || waiting ? messages(chat) : emptyChat(chat)}
    <owflex-composer part="composer" .api=${chat.api} .config=${chat.startup.config}
      .threadId=${state.thread?.id ?? null} ?answering=${answering} .locked=${lockReason(state.thread)}
      @send=${(event: CustomEvent<Outgoing>) => chat.ask(event.detail)}
      @stop=${() => chat.session.stop()}></owflex-composer>`;
}

// Until the conversation's script is there its place is kept.
function messages({ conversation }: OwflexChat): TemplateResult {
  return conversation?.render() ?? html`<div class="log"></div>`;
}

function emptyChat(chat: OwflexChat): TemplateResult {
  return welcome(
    chat.startup.config,
    chat,
    (prompt) => chat.usePrompt(prompt),
    chat.conversation?.outcome(),
    chat.startup.isAdmin,
  );
}

function headerOf(chat: OwflexChat): Header {
  const { navigation, startup, isPage } = chat;
  const { thread } = chat.session.state;
  const here = navigation.knowledge ? "knowledge" : navigation.admin ? "admin" : "chat";
  const views = { here, knowledge: startup.config.knowledge === true, admin: startup.isAdmin } as const;
  const titles = { knowledge: strings.knowledge, admin: strings.admin, chat: thread?.title || chat.name };
  return {
    title: titles[here],
    drawer: chat.hasHistory ? navigation.drawer : null,
    views: isPage && (views.knowledge || views.admin) ? viewLinks(views, thread?.id) : nothing,
    exports: (here === "chat" && chat.conversation?.exportMenu()) || nothing,
    theme: isPage ? chat.theme : null,
    account: isPage && startup.config.login === "accounts",
    full: chat.screen.on,
    closes: chat.isHidden,
    openDrawer: () => navigation.setDrawer(true),
    create: () => navigation.create(),
    changeTheme: () => chat.changeTheme(),
    toggleScreen: () => void chat.screen.toggle(),
    close: () => chat.close(),
  };
}
