// One conversation with the service: what the user does becomes requests, what comes back becomes state.
import { Api, RequestFailed, userInput } from "./protocol.ts";
import { emptyState, lastUserMessage, reduce } from "./state.ts";
import { strings } from "./strings.ts";
import type { ChatState } from "./state.ts";
import type { Action, StreamEvent, Thread, ThreadItem } from "./types.ts";

export class Session {
  state: ChatState = emptyState;
  threads: Thread[] = [];
  moreThreads = false;
  earlierAfter: string | null = null;
  answering = false;
  loading = false;
  status = "";
  votes = new Map<string, "positive" | "negative">();
  private abort: AbortController | null = null;
  private unsent = "";
  private generation = 0;

  constructor(
    private readonly api: Api,
    private readonly changed: () => void,
    private readonly opened: (threadId: string | null) => void,
  ) {}

  async start(threadId: string | null): Promise<void> {
    await Promise.all([this.listThreads(), threadId ? this.open(threadId) : null]);
  }

  async send(text: string): Promise<void> {
    const thread = this.state.thread;
    this.unsent = text;
    await (thread
      ? this.run("threads.add_user_message", { thread_id: thread.id, input: userInput(text) })
      : this.run("threads.create", { input: userInput(text) }));
  }

  // Asks for the last answer again; a message that never reached the service is sent again.
  async retry(): Promise<void> {
    const asked = lastUserMessage(this.state.items);
    if (this.unsent) return this.send(this.unsent);
    if (!asked || !this.state.thread) return;
    const items = this.state.items.slice(0, this.state.items.indexOf(asked) + 1);
    this.update({ ...this.state, items });
    await this.run("threads.retry_after_item", { thread_id: this.state.thread.id, item_id: asked.id });
  }

  // A button on a card, or on none: what comes back changes the card or adds to the conversation.
  async act(item: ThreadItem | null, action: Action): Promise<void> {
    const thread = this.state.thread;
    if (!thread || this.answering) return;
    const { type, payload } = action;
    await this.run("threads.custom_action", { thread_id: thread.id, item_id: item?.id ?? null, action: { type, payload } }, false);
  }

  stop(): void {
    this.abort?.abort();
  }

  create(): void {
    this.leave();
    this.update(emptyState);
    this.opened(null);
  }

  async open(threadId: string): Promise<void> {
    if (threadId === this.state.thread?.id) return;
    this.leave();
    this.loading = true;
    this.update(emptyState);
    const here = this.marker();
    try {
      const [thread, page] = await Promise.all([this.api.thread(threadId), this.api.newestItems(threadId)]);
      if (!here()) return;
      this.earlierAfter = page.has_more ? (page.after ?? null) : null;
      this.update({ ...emptyState, thread, items: page.data.reverse() });
      this.opened(threadId);
    } catch (error) {
      if (here()) this.fail(error, strings.gone);
    } finally {
      if (here()) this.loading = false;
      this.changed();
    }
  }

  async showEarlier(): Promise<void> {
    const thread = this.state.thread;
    if (!thread || !this.earlierAfter) return;
    await this.attempt(async () => {
      const page = await this.api.newestItems(thread.id, this.earlierAfter ?? undefined);
      if (thread.id !== this.state.thread?.id) return;
      this.earlierAfter = page.has_more ? (page.after ?? null) : null;
      this.update({ ...this.state, items: [...page.data.reverse(), ...this.state.items] });
    });
  }

  async listThreads(more = false): Promise<void> {
    await this.attempt(async () => {
      const page = await this.api.threads(more ? this.threads.at(-1)?.id : undefined);
      this.threads = more ? [...this.threads, ...page.data] : page.data;
      this.moreThreads = page.has_more;
      this.changed();
    });
  }

  async rename(thread: Thread, title: string): Promise<void> {
    await this.attempt(async () => {
      await this.api.rename(thread.id, title);
      this.replaceThread({ ...thread, title });
    });
  }

  async remove(thread: Thread): Promise<void> {
    await this.attempt(async () => {
      await this.api.remove(thread.id);
      this.threads = this.threads.filter((other) => other.id !== thread.id);
      if (this.state.thread?.id === thread.id) this.create();
      this.changed();
    });
  }

  async vote(item: ThreadItem, kind: "positive" | "negative"): Promise<void> {
    await this.attempt(async () => {
      await this.api.feedback(item.thread_id, item.id, kind);
      this.votes.set(item.id, kind);
      this.changed();
    });
  }

  dismiss(): void {
    this.update({ ...this.state, failure: null, notice: null });
  }

  private async run(type: string, params: object, retry = true): Promise<void> {
    const abort = new AbortController();
    const here = this.marker();
    this.abort = abort;
    this.answering = true;
    this.status = strings.answering;
    this.update({ ...this.state, failure: null, notice: null });
    try {
      for await (const event of this.api.stream(type, params, abort.signal)) {
        if (!here()) return;
        this.receive(event);
      }
      this.status = this.state.failure ? this.state.failure.text : strings.complete;
    } catch (error) {
      if (!here()) return;
      if (abort.signal.aborted) this.status = strings.stopped;
      else this.fail(error, strings.lost, retry);
    } finally {
      if (here()) this.settle();
    }
  }

  private receive(event: StreamEvent): void {
    const before = this.state.thread;
    this.update(reduce(this.state, event));
    const thread = this.state.thread;
    if (event.item?.type === "user_message") this.unsent = "";
    if (!thread || thread === before) return;
    this.replaceThread(thread);
    if (!before) this.opened(thread.id);
  }

  private settle(): void {
    this.answering = false;
    this.abort = null;
    this.update({ ...this.state, progress: "" });
  }

  // What runs for this conversation must not write into the next one.
  private leave(): void {
    this.generation += 1;
    this.abort?.abort();
    this.abort = null;
    this.answering = false;
    this.loading = false;
    this.unsent = "";
    this.earlierAfter = null;
  }

  // A question that stays true as long as the conversation is the one it is now.
  private marker(): () => boolean {
    const generation = this.generation;
    return () => generation === this.generation;
  }

  private replaceThread(thread: Thread): void {
    const known = this.threads.findIndex((other) => other.id === thread.id);
    this.threads = known < 0 ? [thread, ...this.threads] : this.threads.with(known, thread);
    if (this.state.thread?.id === thread.id) this.state = { ...this.state, thread };
    this.changed();
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.fail(error, strings.refused);
    }
  }

  private fail(error: unknown, otherwise: string, mayRetry = true): void {
    const refused = error instanceof RequestFailed;
    const text = refused ? error.message || otherwise : this.answering ? strings.lost : strings.unreachable;
    const retry = mayRetry && this.answering && (!refused || error.status >= 500);
    this.status = text;
    this.update({ ...this.state, failure: { text, retry } });
  }

  private update(state: ChatState): void {
    this.state = state;
    this.changed();
  }
}
