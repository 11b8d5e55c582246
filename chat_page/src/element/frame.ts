// The frame of the page: the list of chats, the header, and the chat or the knowledge view.
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
        ${navigation.knowledge ? knowledgeView(chat) : chatView(chat)}
      </main>
    </div>
    <p class="unseen" role="status">${chat.session.status}</p>`;
}

function sideList({ session, navigation }: OwflexChat): TemplateResult {
  return chatList(session, navigation.drawer, {
    open: (id) => navigation.show(id),
    create: () => navigation.create(),
    close: () => navigation.setDrawer(false),
  });
}

function knowledgeView(chat: OwflexChat): TemplateResult {
  const ask = (event: CustomEvent<ComposerValue>): void => void chat.askAbout(event.detail);
  return html`<owflex-knowledge .service=${chat.api} @owflex-ask=${ask}></owflex-knowledge>`;
}

function chatView(chat: OwflexChat): TemplateResult {
  const { state, loading, answering } = chat.session;
  return html`${state.items.length || loading ? messages(chat) : emptyChat(chat)}
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
  return welcome(chat.startup.config, chat, (prompt) => chat.usePrompt(prompt), chat.conversation?.outcome());
}

function headerOf(chat: OwflexChat): Header {
  const { navigation, startup, isPage } = chat;
  const { thread } = chat.session.state;
  return {
    title: navigation.knowledge ? strings.knowledge : thread?.title || chat.name,
    drawer: chat.hasHistory ? navigation.drawer : null,
    views: isPage && startup.config.knowledge ? viewLinks(navigation.knowledge, thread?.id) : nothing,
    exports: (!navigation.knowledge && chat.conversation?.exportMenu()) || nothing,
    theme: isPage ? chat.theme : null,
    full: chat.screen.on,
    closes: chat.isHidden,
    openDrawer: () => navigation.setDrawer(true),
    create: () => navigation.create(),
    changeTheme: () => chat.changeTheme(),
    toggleScreen: () => void chat.screen.toggle(),
    close: () => chat.close(),
  };
}
