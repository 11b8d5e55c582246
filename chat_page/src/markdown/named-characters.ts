// Named characters such as `&amp;` by the browser's own table; stands in for the package `entities`.
const known = new Map<string, string>();
const MAX_KNOWN = 1000;
const NAMED = /^&[a-z][a-z0-9]{1,31};$/i;

export function decodeHTMLStrict(entity: string): string {
  // Nothing but one name is ever given to the parser.
  if (!NAMED.test(entity)) return entity;
  const found = known.get(entity);
  if (found !== undefined) return found;
  const text = new DOMParser().parseFromString(entity, "text/html").documentElement.textContent ?? entity;
  if (known.size < MAX_KNOWN) known.set(entity, text);
  return text;
}
