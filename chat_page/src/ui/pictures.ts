// Pictures: loaded only from the page's own host or from the message itself; any other is a link.

import type { TemplateResult } from "lit";
import { html } from "lit";
import { strings } from "../i18n/strings.ts";
import { hostOf } from "./addresses.ts";

const DATA = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,[a-z0-9+/=]+$/i;

// An address outside would tell its host who is reading, and could carry away what is in it.
export function mayLoad(address: string): boolean {
  if (DATA.test(address)) return true;
  try {
    const url = new URL(address, location.href);
    return url.origin === location.origin && /^https?:$/.test(url.protocol);
  } catch {
    return false;
  }
}

export const isWeb = (address: string | undefined | null): address is string => hostOf(address) !== undefined;

export function picture(address: string | undefined, alt: string): TemplateResult {
  if (!address) return html`<p class="aside">${strings.pictureComing}</p>`;
  if (mayLoad(address)) return html`<img class="picture" src=${address} alt=${alt} loading="lazy" />`;
  if (!isWeb(address)) return html`<p class="aside">${strings.notShown}</p>`;
  return html`<a href=${address} title=${address} target="_blank" rel="noopener noreferrer">${
    alt || strings.openPicture
  }</a>`;
}
