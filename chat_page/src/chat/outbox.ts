// What was said and has not reached the service: it is shown, kept over a reload, and goes out by itself.

import { strings } from "../i18n/strings.ts";
import type { Api } from "../protocol/api.ts";
import { RequestFailed } from "../protocol/api.ts";
import type { ThreadItem } from "../protocol/types.ts";
import type { Outgoing } from "../protocol/user-message.ts";
import { inputOf } from "../protocol/user-message.ts";
import { keep, kept, OUTBOX } from "../ui/kept.ts";
import { isOffline, newKey } from "./patient-stream.ts";

export interface Waiting {
  key: string;
  // None while its conversation has no id.
  thread: string | null;
  message: Outgoing;
  at: string;
  // Why the service refused it, or that it was stopped; then it waits for the user.
  problem: string;
  // It was tried in vain: it waits for the connection.
  waits: boolean;
}

// More than that is kept as long as the page.
const MAX_KEPT = 50;
// Milliseconds until what waits is tried again, also when the browser does not see the connection come back.
const PAUSES = [3000, 5000, 10_000, 20_000, 30_000];
const AWAY = [502, 503, 504];

export class Outbox {
  entries: Waiting[] = [];
  // The key of the one that is being changed: it stays here meanwhile.
  held = "";
  private readonly asides = new Map<string, string | null>();
  private stored = new Set<string>();
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sending: Promise<void> | null = null;

  // `deliver` sends one, and takes it out as soon as the service has it.
  constructor(
    private readonly api: Api,
    private readonly changed: () => void,
    private readonly deliver: (entry: Waiting) => Promise<void>,
  ) {}

  // What waits in a conversation, oldest first.
  of(thread: string | null): Waiting[] {
    return this.entries.filter((entry) => entry.thread === thread);
  }

  find(key: string): Waiting | undefined {
    return this.entries.find((entry) => entry.key === key);
  }

  add(thread: string | null, message: Outgoing): void {
    const at = new Date().toISOString();
    this.put({ key: newKey(), thread, message, at, problem: "", waits: false });
  }

  // Other words are another message, with a key of its own. False for an item that does not wait.
  change(item: ThreadItem, text: string): boolean {
    const entry = this.find(keyOf(item));
    if (entry)
      this.put({ ...entry, key: newKey(), message: { ...entry.message, text }, problem: "" }, entry.key);
    this.hold(null);
    return Boolean(keyOf(item));
  }

  take(key: string): void {
    this.save(this.entries.filter((entry) => entry.key !== key));
    this.changed();
  }

  // What waits first in a conversation, taken out.
  takeFirst(thread: string | null): Outgoing | undefined {
    const [first] = this.of(thread);
    if (first) this.take(first.key);
    return first?.message;
  }

  // Keeps one here while it is changed; without one what was kept goes on.
  hold(item: ThreadItem | null): void {
    const before = this.held;
    this.held = item ? keyOf(item) : "";
    if (before && !this.held) void this.flush();
  }

  async again(key: string): Promise<void> {
    this.mark(key, { problem: "" });
    await this.sending;
    await this.flush();
  }

  // While one is answered in a conversation that nobody looks at, what follows it there waits; others do not.
  async aside(key: string, thread: string | null, work: () => Promise<void>): Promise<void> {
    this.asides.set(key, thread);
    await work();
    this.asides.delete(key);
    if (this.find(key)?.waits) this.later();
    else await this.flush();
  }

  // The conversation has got its id: what waits for the new one belongs there.
  begun(thread: string): void {
    for (const [key, other] of this.asides) this.asides.set(key, other ?? thread);
    this.save(this.entries.map((entry) => (entry.thread === null ? { ...entry, thread } : entry)));
  }

  // Marks one that did not arrive. Whatever was not refused goes out by itself later.
  failed(key: string, error: unknown): void {
    const refused = error instanceof RequestFailed && !AWAY.includes(error.status);
    if (refused) this.mark(key, { problem: error.message || strings.refused });
    else this.mark(key, this.api.knowsKeys ? { waits: true } : { problem: strings.lost });
  }

  mark(key: string, news: Partial<Waiting>): void {
    this.save(this.entries.map((entry) => (entry.key === key ? { ...entry, ...news } : entry)));
    this.changed();
  }

  // Sends what waits, the oldest first; one after the other, since they may belong together.
  flush(): Promise<void> {
    this.sending ??= this.sendAll().finally(() => (this.sending = null));
    return this.sending;
  }

  private async sendAll(): Promise<void> {
    clearTimeout(this.timer);
    this.load();
    const tried = new Set<string>();
    for (let entry = this.next(tried); entry; entry = this.next(tried)) {
      tried.add(entry.key);
      const reachable = !isOffline() && (!entry.waits || (await this.isReachable()));
      if (reachable && this.find(entry.key)) await this.deliver(entry);
      else if (!reachable) this.failed(entry.key, null);
      if (!this.asides.has(entry.key) && this.find(entry.key)?.waits) return this.later();
      this.failures = 0;
    }
  }

  // One that waits for the user holds up what was said after it.
  private next(tried: Set<string>): Waiting | undefined {
    return this.entries.find(
      (entry) =>
        !tried.has(entry.key) &&
        !entry.problem &&
        ![...this.asides.values()].includes(entry.thread) &&
        this.of(entry.thread)[0] === entry &&
        entry.key !== this.held,
    );
  }

  private later(): void {
    const pause = PAUSES[Math.min(this.failures, PAUSES.length - 1)];
    this.failures += 1;
    this.timer = setTimeout(() => void this.flush(), pause);
  }

  private async isReachable(): Promise<boolean> {
    return this.api.get("config.json").then(
      ({ ok }) => ok,
      () => false,
    );
  }

  private put(entry: Waiting, instead = ""): void {
    const place = this.entries.findIndex(({ key }) => key === instead);
    this.save(place < 0 ? [...this.entries, entry] : this.entries.with(place, entry));
    this.changed();
  }

  // What another window has sent or taken back is gone here, too.
  private load(): void {
    const found = this.read();
    const known = new Set(this.entries.map(({ key }) => key));
    const still = new Set(found.map(({ key }) => key));
    const here = this.entries.filter(({ key }) => !this.stored.has(key) || still.has(key));
    this.entries = [...here, ...found.filter(({ key }) => !known.has(key))];
    this.save(this.entries);
    this.changed();
  }

  private read(): Waiting[] {
    return this.place ? (kept<Waiting[]>(this.place) ?? []) : [];
  }

  private save(entries: Waiting[]): void {
    const before = new Set([...this.stored, ...this.entries.map(({ key }) => key)]);
    this.entries = entries;
    if (!this.place) return;
    const others = this.read().filter(({ key }) => !before.has(key));
    const all = [...others, ...entries].slice(0, MAX_KEPT);
    if (keep(this.place, all.length ? all : null)) this.stored = new Set(entries.map(({ key }) => key));
  }

  // A place for each user of each service; without a service that says who asks nothing is kept.
  private get place(): string {
    const { user, url, knowsKeys } = this.api;
    return user && knowsKeys ? `${OUTBOX}${url} ${user}` : "";
  }
}

const LOCAL = "waiting-";

// A message that waits as an item of its conversation.
export function waitingItem({ key, thread, message, at }: Waiting): ThreadItem {
  const { content, quoted_text } = inputOf(message) as ThreadItem;
  const id = `${LOCAL}${key}`;
  return {
    id,
    thread_id: thread ?? "",
    created_at: at,
    type: "user_message",
    content,
    quoted_text,
  } as ThreadItem;
}

// The key of such an item; nothing for one of the service.
export const keyOf = ({ id }: ThreadItem): string => (id.startsWith(LOCAL) ? id.slice(LOCAL.length) : "");
