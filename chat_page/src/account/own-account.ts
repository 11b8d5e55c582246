// Who is signed in, and where else.
import { showState } from "./second-factor.ts";
import { Refused } from "./sending.ts";

interface Session {
  browser: string;
  address: string;
  seen_at: string;
  is_current: boolean;
}

interface Me {
  name: string | null;
  display_name: string;
  is_admin: boolean;
  has_password: boolean;
  has_second_factor: boolean;
  recovery_codes_left: number;
  owes_second_factor: boolean;
  sessions: Session[];
}

export async function showAccount(): Promise<void> {
  const response = await fetch("account/me");
  // The session has ended: to sign in again, and back.
  if (response.status === 401) return location.reload();
  if (!response.ok) throw new Refused("");
  show((await response.json()) as Me);
}

function show(me: Me): void {
  const facts = document.querySelector("#me") as HTMLElement;
  const names = me.name && me.name !== me.display_name ? `${me.display_name} (${me.name})` : me.display_name;
  const admin = facts.dataset["admin"] ?? "";
  text("#shown", me.is_admin ? `${names} · ${admin}` : names);
  const change = document.querySelector("#change") as HTMLElement;
  change.hidden = !me.has_password;
  showState(me);
  const list = document.querySelector("#sessions") as HTMLElement;
  list.replaceChildren(...me.sessions.map((session) => line(session, list.dataset)));
  const others = document.querySelector("#end-others") as HTMLElement;
  others.hidden = me.sessions.length < 2;
}

function line(session: Session, words: DOMStringMap): HTMLElement {
  const seen = new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "medium",
    timeStyle: "short",
  }).format(new Date(session.seen_at));
  const when = session.is_current ? (words["current"] ?? "") : `${words["seen"] ?? ""} ${seen}`;
  const item = document.createElement("li");
  item.textContent = [browserIn(session.browser) || (words["unknown"] ?? ""), session.address, when].join(
    " · ",
  );
  return item;
}

// What a browser calls itself names many others, too; the most special comes first.
const BROWSERS: [string, RegExp][] = [
  ["Edge", /\bEdgA?\//],
  ["Opera", /\bOPR\//],
  ["Firefox", /\bFirefox\/|\bFxiOS\//],
  ["Chrome", /Chrome\/|\bCriOS\//],
  ["Safari", /\bSafari\//],
];
const SYSTEMS: [string, RegExp][] = [
  ["Android", /\bAndroid\b/],
  ["iPhone", /\biPhone\b/],
  ["iPad", /\biPad\b/],
  ["Windows", /\bWindows\b/],
  ["macOS", /\bMac OS X\b/],
  ["Linux", /\bLinux\b/],
];

export function browserIn(agent: string): string {
  const first = (names: [string, RegExp][]): string | undefined =>
    names.find(([, pattern]) => pattern.test(agent))?.[0];
  return [first(BROWSERS), first(SYSTEMS)].filter(Boolean).join(", ") || agent.split("/")[0] || "";
}

function text(where: string, words: string): void {
  (document.querySelector(where) as HTMLElement).textContent = words;
}
