// A visitor of a site without a login: a token of their own, asked for by the site's key and kept by the
// page of the site, so that they find their chats again.

import { RequestFailed, sentenceIn } from "./api.ts";
import type { TokenProvider } from "./tokens.ts";

interface Kept {
  token: string;
  until: number;
}

// A token that ends within a minute is as good as ended.
const EARLY_MS = 60_000;

export class Visitor {
  private siteKey = "";
  private provider: TokenProvider | null = null;

  // `address`: where tokens are given out.
  constructor(private readonly address: () => string) {}

  // Nothing where the page has no key.
  tokens(siteKey: string): TokenProvider | null {
    if (siteKey !== this.siteKey) {
      this.siteKey = siteKey;
      this.provider = siteKey ? visitorTokens(this.address, siteKey) : null;
    }
    return this.provider;
  }
}

// Asked again, it was refused: then a new one is made, unless another window has made one meanwhile.
function visitorTokens(address: () => string, siteKey: string): TokenProvider {
  const name = `owflex-visitor:${siteKey}`;
  let given = "";
  let alone: Kept | null = null;
  return async () => {
    const kept = read(name) ?? alone;
    if (kept && kept.token !== given && kept.until - EARLY_MS > Date.now()) {
      given = kept.token;
      return given;
    }
    alone = await make(address(), siteKey);
    keep(name, alone);
    given = alone.token;
    return given;
  };
}

async function make(address: string, siteKey: string): Promise<Kept> {
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ site_key: siteKey }),
  });
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok)
    throw new RequestFailed(sentenceIn(answer), response.status, response.headers.has("retry-after"));
  const { token, expires_in } = answer as { token: string; expires_in: number };
  return { token, until: Date.now() + expires_in * 1000 };
}

// Browsers may refuse to keep anything: then a visitor is known until the page is left.
function read(name: string): Kept | null {
  try {
    const kept = JSON.parse(localStorage.getItem(name) ?? "null") as Kept | null;
    return typeof kept?.token === "string" && typeof kept.until === "number" ? kept : null;
  } catch {
    return null;
  }
}

function keep(name: string, kept: Kept): void {
  try {
    localStorage.setItem(name, JSON.stringify(kept));
  } catch {
    // It stays with this page.
  }
}
