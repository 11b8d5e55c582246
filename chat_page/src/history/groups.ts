// The order of the list of chats: what fits the search, by the day it began.
import { strings } from "../i18n/strings.ts";
import type { Thread } from "../protocol/types.ts";

const DAY = 86_400_000;

export interface Group {
  name: string;
  threads: Thread[];
}

export function fitting(threads: Thread[], query: string): Thread[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return threads.filter((thread) => words.every((word) => (thread.title ?? "").toLowerCase().includes(word)));
}

export function grouped(threads: Thread[], now: Date, locale?: string): Group[] {
  const groups: Group[] = [];
  for (const thread of threads) {
    const name = nameOf(new Date(thread.created_at), now, locale);
    const known = groups.find((group) => group.name === name);
    if (known) known.threads.push(thread);
    else groups.push({ name, threads: [thread] });
  }
  return groups;
}

function nameOf(date: Date, now: Date, locale?: string): string {
  const days = Math.round((midnight(now) - midnight(date)) / DAY);
  if (days <= 0) return strings.today;
  if (days === 1) return strings.yesterday;
  if (days < 7) return strings.lastWeek;
  const sameYear = date.getFullYear() === now.getFullYear();
  return new Intl.DateTimeFormat(locale, { month: "long", ...(sameYear ? {} : { year: "numeric" }) }).format(
    date,
  );
}

const midnight = (date: Date): number =>
  new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
