// The page at `/` where a domain key is set: OpenAI's component, and our own chat where that does not
// come up.

import type { ChatKitOptions, OpenAIChatKit } from "@openai/chatkit";
import { loadLanguage } from "../i18n/language-file.ts";
import { Api } from "../protocol/api.ts";
import { baseOf, loadConfig } from "../protocol/service-config.ts";
import type { TokenProvider } from "../protocol/tokens.ts";
import { Tokens } from "../protocol/tokens.ts";
import { applyTheme, savedTheme } from "../ui/theme.ts";
import type { OfficialConfig } from "./options.ts";
import { fetchAs, isFatal, optionsOf, threadIn } from "./options.ts";
import { officialStrings as words } from "./strings.ts";
import { officialStyles } from "./styles.ts";

const SCRIPT = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";
const TAG = "openai-chatkit";
// Milliseconds until we go on without it.
const LIMITS = { script: 8_000, ready: 12_000 };
const KEY = "owflex-client";
const BASE = baseOf("", import.meta.url);

type Client = "official" | "builtin";
type Outcome = "ready" | "unreachable" | "refused";
type Ours = HTMLElement & { tokenProvider?: TokenProvider };

// Our element stands in the page from the start and waits for its script.
const ours = document.querySelector("owflex-chat") as Ours;
const tokens = new Tokens(() => undefined);
const api = new Api(new URL("chatkit", BASE).href, tokens);
let strip: HTMLElement | null = null;

async function start(): Promise<void> {
  document.adoptedStyleSheets.push(officialStyles());
  applyTheme(savedTheme());
  tokens.provider = ours.tokenProvider ?? null;
  tokens.fixed = ours.getAttribute("token") ?? "";
  const config = await knownConfig();
  if (!config?.chatkit) return mountOurs();
  if (chosenClient() === "builtin" || location.hash.startsWith("#/")) {
    await mountOurs();
    return showStrip(words.ours, words.toTheirs, "official");
  }
  await mountTheirs(config);
}

// Without it nothing can be decided; our chat then says that the service cannot be reached.
async function knownConfig(): Promise<OfficialConfig | null> {
  try {
    const config = await loadConfig(api);
    document.documentElement.lang = await loadLanguage(api, localeAsked(), config.locales ?? []);
    return config;
  } catch (error) {
    console.warn(error);
    return null;
  }
}

// The address says it, else what was chosen in this tab before.
function chosenClient(): Client {
  const asked = new URLSearchParams(location.search).get("client");
  try {
    if (asked === "builtin" || asked === "official") sessionStorage.setItem(KEY, asked);
    return (asked ?? sessionStorage.getItem(KEY)) === "builtin" ? "builtin" : "official";
  } catch {
    return asked === "builtin" ? "builtin" : "official"; // storage is switched off
  }
}

async function mountOurs(): Promise<void> {
  await import(new URL("owflex-chat.js", import.meta.url).href);
}

async function mountTheirs(config: OfficialConfig): Promise<void> {
  document.title = config.title;
  const loading = put("p", "owflex-loading", words.loading);
  loading.setAttribute("role", "status");
  const element = document.createElement(TAG) as OpenAIChatKit;
  element.className = "owflex-waiting";
  ours.before(loading, element);
  let gone = false;
  const leave = async (sentence: string): Promise<void> => {
    if (gone) return;
    gone = true;
    loading.remove();
    element.remove();
    await mountOurs();
    showStrip(sentence, words.again, "official");
  };
  const outcome = (await scriptLoads())
    ? await comesUp(element, config, () => void leave(words.refused))
    : "unreachable";
  if (gone) return;
  if (outcome !== "ready") return leave(words[outcome]);
  loading.remove();
  element.className = "";
  showStrip(words.theirs, words.toOurs, "builtin");
}

function scriptLoads(): Promise<boolean> {
  const script = document.createElement("script");
  script.src = SCRIPT;
  script.async = true;
  const loads = within(LIMITS.script, false, (done) => {
    script.addEventListener("load", () => done(true));
    script.addEventListener("error", () => done(false));
  });
  document.head.append(script);
  return loads;
}

// `lost` is told when the component gives up after it was ready.
function comesUp(element: OpenAIChatKit, config: OfficialConfig, lost: () => void): Promise<Outcome> {
  let ready = false;
  return within<Outcome>(LIMITS.ready, "unreachable", (done) => {
    element.addEventListener("chatkit.ready", () => {
      ready = true;
      done("ready");
    });
    element.addEventListener("chatkit.error", ({ detail: { error } }) => {
      if (!ready) done("refused");
      else if (isFatal(error)) lost();
    });
    customElements
      .whenDefined(TAG)
      .then(() => connect(element, config))
      .catch((error: unknown) => {
        console.warn(error);
        done("refused");
      });
  });
}

function connect(element: OpenAIChatKit, config: OfficialConfig): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const asUser = fetchAs(
    BASE,
    () => tokens.headers(),
    () => tokens.forget(),
  );
  const options = (): ChatKitOptions =>
    optionsOf(config, {
      url: api.url,
      fetch: asUser,
      thread: threadIn(location.hash),
      dark: savedTheme() === "dark" || (savedTheme() === "system" && system.matches),
      locale: localeAsked(),
    });
  element.setOptions(options());
  system.addEventListener("change", () => element.setOptions(options()));
  element.addEventListener("chatkit.thread.change", ({ detail }) => {
    history.replaceState(
      null,
      "",
      `${location.pathname}${location.search}${detail.threadId ? `#${detail.threadId}` : ""}`,
    );
  });
  window.addEventListener("hashchange", () => {
    if (location.hash.startsWith("#/")) location.reload();
    else void element.setThreadId(threadIn(location.hash));
  });
}

function localeAsked(): string {
  return ours.getAttribute("locale") ?? "";
}

// What `run` reports, or `late` when it took too long.
function within<T>(milliseconds: number, late: T, run: (done: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(late), milliseconds);
    run((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

// One line above the chat: which one it is, and the way to the other.
function showStrip(sentence: string, label: string, client: Client): void {
  strip?.remove();
  strip = put("aside", "owflex-strip");
  strip.setAttribute("aria-label", words.bar);
  const link = put("a", "", label) as HTMLAnchorElement;
  link.href = `?client=${client}${location.hash}`;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    goTo(client);
  });
  const close = put("button", "", "×") as HTMLButtonElement;
  close.type = "button";
  close.setAttribute("aria-label", words.dismiss);
  close.addEventListener("click", () => strip?.remove());
  const text = put("span", "", sentence);
  text.setAttribute("role", "status");
  strip.append(text, link, ...(client === "builtin" ? [] : [close]));
  document.body.prepend(strip);
}

// The same chat in the other client: the thread stays in the address.
function goTo(client: Client): void {
  const url = new URL(location.href);
  url.searchParams.set("client", client);
  if (url.hash.startsWith("#/")) url.hash = "";
  if (url.href === location.href) location.reload();
  else location.assign(url);
}

function put(tag: string, className: string, text = ""): HTMLElement {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

void start();
