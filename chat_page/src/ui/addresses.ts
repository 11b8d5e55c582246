// Where addresses lead, as people have to see it before they follow them.

// Characters that cannot be seen, or turn the direction of what follows them.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const SCHEME = /^https?:\/\//i;

// The host of a web address as it is sent: letters that only look like others show as punycode. Undefined for
// what leads nowhere, and for addresses that hide their host behind a name and a password.
export function hostOf(address: string | undefined | null): string | undefined {
  if (!address || !SCHEME.test(address) || /\s/.test(address) || UNSEEN.test(address)) return undefined;
  try {
    const url = new URL(address);
    return url.username || url.password ? undefined : url.host;
  } catch {
    return undefined;
  }
}

// The host, where a link's words do not begin with it.
export function untoldHost(address: string, words: string): string | undefined {
  const host = hostOf(address);
  if (!host) return undefined;
  const told = words.trim().replace(SCHEME, "").toLowerCase();
  const next = told.slice(host.length, host.length + 1);
  return told.startsWith(host) && (next === "" || "/?#".includes(next)) ? undefined : host;
}
