// What OpenAI's component is told about our service.
import type { ChatKitOptions, ComposerOption, StartScreenPrompt, SupportedLocale } from "@openai/chatkit";
import type { Config } from "../protocol/types.ts";

// What the server tells the page, as far as the component can use it.
export interface OfficialConfig extends Config {
  chatkit?: { domain_key: string } | null;
}

export interface Surroundings {
  url: string;
  fetch: typeof fetch;
  thread: string | null;
  dark: boolean;
  locale: string;
}

const ACCENTS = { light: "#2f6f5e", dark: "#7fc4ae" } as const;

// setOptions replaces all of them, so every change of one is a new full set.
export function optionsOf(config: OfficialConfig, around: Surroundings): ChatKitOptions {
  const colorScheme = around.dark ? "dark" : "light";
  return {
    api: {
      url: around.url,
      domainKey: config.chatkit?.domain_key ?? "",
      uploadStrategy: { type: "two_phase" },
      fetch: around.fetch,
    },
    theme: { colorScheme, radius: "round", color: { accent: { primary: ACCENTS[colorScheme], level: 1 } } },
    frameTitle: config.title,
    initialThread: around.thread,
    header: { enabled: true, title: { enabled: true } },
    history: { enabled: true, showDelete: true, showRename: true },
    startScreen: { greeting: config.greeting, prompts: config.prompts as StartScreenPrompt[] },
    threadItemActions: { feedback: true, retry: true },
    composer: composerOf(config),
    ...(around.locale ? { locale: around.locale as SupportedLocale } : {}),
  };
}

function composerOf({ attachments, dictation, models = [] }: OfficialConfig): ComposerOption {
  return {
    dictation: { enabled: Boolean(dictation) },
    ...(attachments
      ? {
          attachments: {
            enabled: true,
            maxSize: attachments.max_bytes,
            maxCount: attachments.max_count,
            accept: Object.fromEntries(attachments.accept.map((type) => [type, []])),
          },
        }
      : {}),
    ...(models.length ? { models: models.map((id, at) => ({ id, label: id, default: at === 0 })) } : {}),
  };
}

// A thread's address is #<id>; the other views of the page begin with #/.
export const threadIn = (hash: string): string | null =>
  hash.length > 1 && !hash.startsWith("#/") ? hash.slice(1) : null;

// The component also reports errors of single requests; these say that it cannot be used at all.
export function isFatal(error: unknown): boolean {
  const { name = "", message = "" } = (error ?? {}) as Partial<Error>;
  const kind = (error as object | undefined)?.constructor.name ?? "";
  return /Integration|DomainVerification|InvalidFrameParams/.test(`${name} ${kind} ${message}`);
}

// Requests to our service carry who asks; a token that was refused is asked for anew, once.
export function fetchAs(
  base: string,
  headers: () => Promise<Record<string, string>>,
  forget: () => void,
): typeof fetch {
  return async (input, init) => {
    if (new URL(input instanceof Request ? input.url : input, base).origin !== new URL(base).origin)
      return fetch(input, init);
    const send = async (): Promise<Response> => {
      const all = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
      for (const [name, value] of Object.entries(await headers())) all.set(name, value);
      return fetch(input instanceof Request ? input.clone() : input, { ...init, headers: all });
    };
    const response = await send();
    if (response.status !== 401) return response;
    forget();
    return send();
  };
}
