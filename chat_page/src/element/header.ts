// The line above the chat: its title and what can be done with the whole.

import type { TemplateResult } from "lit";
import { html, nothing } from "lit";
import { strings } from "../i18n/strings.ts";
import { icons } from "../ui/icons.ts";
import type { Theme } from "../ui/theme.ts";

export interface Header {
  title: string;
  // Whether the drawer is out; nothing where there is no list of chats.
  drawer: boolean | null;
  views: unknown;
  exports: unknown;
  theme: Theme | null;
  // Whether people sign in here, so that there is an account to look at.
  account: boolean;
  full: boolean;
  closes: boolean;
  openDrawer(): void;
  create(): void;
  changeTheme(): void;
  toggleScreen(): void;
  close(): void;
}

export function header(parts: Header): TemplateResult {
  return html`<header part="header">
    ${
      parts.drawer === null
        ? nothing
        : html`<button type="button" class="icon open-drawer" title=${strings.openHistory}
          aria-label=${strings.openHistory}
      aria-expanded=${String(parts.drawer)} @click=${parts.openDrawer}>${icons.menu}</button>`
    }
    <h1>${parts.title}</h1>
    ${parts.views} ${parts.exports}
    ${parts.drawer === null ? button(strings.newChat, icons.plus, parts.create) : nothing}
    ${
      parts.account
        ? html`<a class="icon" href="account" title=${strings.account}
          aria-label=${strings.account}>${icons.person}</a>`
        : nothing
    }
    ${parts.theme ? button(strings.themes[parts.theme], icons.theme, parts.changeTheme) : nothing}
    ${
      parts.full
        ? button(strings.leaveFullScreen, icons.unfull, parts.toggleScreen)
        : button(strings.fullScreen, icons.full, parts.toggleScreen)
    }
    ${parts.closes ? button(strings.closeChat, icons.close, parts.close) : nothing}
  </header>`;
}

function button(label: string, icon: unknown, run: () => void): TemplateResult {
  return html`<button type="button" class="icon" title=${label} aria-label=${label}
    @click=${run}>${icon}</button>`;
}
