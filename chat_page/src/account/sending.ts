// What the forms of accounts send, and what comes back.
import { sentenceIn } from "../protocol/api.ts";
import { jsonOf } from "../protocol/texts.ts";

export class Refused extends Error {
  readonly code: string;

  constructor(message: string, code = "") {
    super(message);
    this.code = code;
  }
}

// The page lies beside what it asks for. Raises `Refused` with the service's sentence.
export async function send(path: string, body: object): Promise<unknown> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", "accept-language": document.documentElement.lang },
    body: JSON.stringify(body),
  });
  if (!response.ok) {
    const answer = (await response.json().catch(() => null)) as { error?: { code?: string } } | null;
    throw new Refused(sentenceIn(answer), answer?.error?.code);
  }
  return jsonOf(response);
}

// The named fields of a form; a repeated password has no name.
export function valuesOf(form: HTMLFormElement): Record<string, string> {
  const entries = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  return Object.fromEntries(entries) as Record<string, string>;
}

// Where to go on: below the page's own folder, whatever the address says.
export function following(next: string, hash: string, base: string): string {
  const home = new URL("./", base);
  const target = new URL(next + (next.includes("#") ? "" : hash), home);
  return target.origin === home.origin && target.pathname.startsWith(home.pathname) ? target.href : home.href;
}
