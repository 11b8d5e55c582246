// The address of what the knowledge view shows: `#/knowledge/search?q=…`.

export type View = "documents" | "document" | "search" | "evaluation";

export interface Route {
  view: View;
  id: string;
  values: Record<string, string>;
}

export const START = "/knowledge";
const VIEWS: View[] = ["documents", "document", "search", "evaluation"];

export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  const [, , name = "", id = ""] = path.split("/");
  const view = VIEWS.find((known) => known === name) ?? "documents";
  return { view, id: decoded(id), values: Object.fromEntries(new URLSearchParams(query)) };
}

// Values that say nothing are left out, so that equal views have equal addresses.
export function addressOf(
  view: View,
  values: Record<string, string | number | null | undefined> = {},
  id = "",
): string {
  const said = Object.entries(values).filter(
    ([, value]) => value !== "" && value !== null && value !== undefined,
  );
  const query = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
  return `#${START}/${view}${id ? `/${encodeURIComponent(id)}` : ""}${query ? `?${query}` : ""}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone % in a hand-written address
  }
}
