// Fetches the words of the language that the page is shown in.
import type { Api } from "../protocol/api.ts";
import { pick, use } from "./translation.ts";

// The language that was asked for, else the browser's. English stays where a file cannot be had.
export async function loadLanguage(api: Api, locale: string, available: readonly string[]): Promise<string> {
  const code = pick(locale ? [locale] : navigator.languages, available);
  const response = code === "en" ? null : await api.get(`static/locales/${code}.json`).catch(() => null);
  const found = response?.ok ? code : "en";
  use(found, response?.ok ? ((await response.json()) as Record<string, unknown>) : {});
  return found;
}
