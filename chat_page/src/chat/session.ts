// One conversation with the service: what the user does becomes requests, what comes back becomes state.

import { strings } from "../i18n/strings.ts";
import type { Api } from "../protocol/api.ts";
import { RequestFailed } from "../protocol/api.ts";
import type { Action, StreamEvent, Submission, Thread, ThreadItem, Vote } from "../protocol/types.ts";
import type { Outgoing } from "../protocol/user-message.ts";
import { inputAgain, inputOf } from "../protocol/user-message.ts";
import { itemsBefore } from "./earlier-items.ts";
import { askedBefore, isLocal } from "./failure-note.ts";
import { failureOf } from "./failures.ts";
import type { Sending } from "./patient-stream.ts";
import { newKey, patientStream } from "./patient-stream.ts";
import { ThreadList } from "./thread-list.ts";
import type { ChatState } from "./thread-state.ts";
import { askedAgain, emptyState, lastUserMessage, noteText, reduce, stopped } from "./thread-state.ts";

export class Session {
  state: ChatState = emptyState;
  earlierAfter: string | null = null;
  answering = false;
  loading = false;
  status = "";
  votes = new Map<string, Vote>();
  // Told of each effect that the service asks of the page around the chat.
  effect: (name: string, data: Record<string, unknown>) => void = () => undefined;
  // Told of each action that the page around the chat has to do.
  clientAction: (action: Action, item: ThreadItem | null) => void = () => undefined;
  readonly list: ThreadList;
  private abort: AbortController | null = null;
  // What the service has not shown yet, and its key.
  unsent: { message: string | Outgoing; key: string } | null = null;
  private generation = 0;

  constructor(
    readonly api: Api,
    private readonly changed: () => void,
    private readonly opened: (threadId: string | null) => void,
  ) {
    this.list = new ThreadList(api, changed);
  }

  async start(threadId: string | null): Promise<void> {
    await Promise.all([this.listThreads(), threadId ? this.open(threadId) : null]);
  }

  async send(message: string | Outgoing, key = newKey()): Promise<void> {
    const thread = this.state.thread;
    this.unsent = { message, key };
    await (thread
      ? this.run("threads.add_user_message", { thread_id: thread.id, input: inputOf(message) }, { key })
      : this.run("threads.create", { input: inputOf(message) }, { key }));
  }

  // Asks for the last answer again; a message that never reached the service is sent again.
  async retry(): Promise<void> {
    const asked = lastUserMessage(this.state.items);
    if (this.unsent) return this.send(this.unsent.message, this.unsent.key);
    if (!asked || !this.state.thread) return;
    const items = this.state.items.slice(0, this.state.items.indexOf(asked) + 1);
    this.update({ ...this.state, items });
    await this.run("threads.retry_after_item", { thread_id: this.state.thread.id, item_id: asked.id });
  }

  // The question that a line speaks of, when it may be asked again now.
  questionOf(note: ThreadItem): ThreadItem | undefined {
    return this.mayWrite && !this.answering ? askedBefore(this.state.items, note) : undefined;
  }

  // Asks what a line says was not answered: the last question in its place, an older one anew at the end.
  async askAgain(note: ThreadItem): Promise<void> {
    const asked = this.questionOf(note);
    if (!asked) return;
    if (asked === lastUserMessage(this.state.items)) return this.retry();
    await this.run("threads.add_user_message", { thread_id: asked.thread_id, input: inputAgain(asked) });
  }

  // A button on a card, or on none: what comes back changes the card or adds to the conversation.
  async act(item: ThreadItem | null, action: Action, edited = Number.POSITIVE_INFINITY): Promise<void> {
    const thread = this.state.thread;
    if (action.handler === "client") return this.clientAction(action, item);
    if (!thread || this.answering) return;
    const { type, payload } = action;
    const params = { thread_id: thread.id, item_id: item?.id ?? null, action: { type, payload } };
    if (action.streaming === false && item) return this.actAtOnce(params);
    await this.run("threads.custom_action", params, { retry: false, kept: edited });
  }

  // The answers to a form that the service asked to be filled in.
  async submit(item: ThreadItem, input: Submission): Promise<void> {
    const params = { thread_id: item.thread_id, item_id: item.id, input };
    if (!this.answering) await this.run("threads.add_structured_input", params, { retry: false });
  }

  // Asks anew with other words: what followed the message is gone.
  async edit(item: ThreadItem, text: string): Promise<void> {
    const before = this.state;
    const items = before.items.filter((other) => !isLocal(other));
    const at = items.findIndex((other) => other.id === item.id);
    if (at < 0 || this.answering) return;
    this.state = { ...before, items };
    await this.act(null, { type: "message.edit", payload: { item_id: item.id, text } }, at);
    const refused =
      this.state.failure && this.state.items.some((other) => other.id === item.id && other === item);
    if (refused) this.update({ ...before, failure: this.state.failure });
  }

  // May something be said here? Not in a thread that the service has locked or closed.
  get mayWrite(): boolean {
    return (this.state.thread?.status?.type ?? "active") === "active";
  }

  // Every item of the thread, oldest first; nothing when they could not be had.
  async allItems(): Promise<ThreadItem[] | null> {
    const thread = this.state.thread;
    let earlier: ThreadItem[] | null = null;
    await this.attempt(async () => {
      earlier = thread ? await itemsBefore(this.api, thread.id, this.earlierAfter) : [];
    });
    return earlier && [...(earlier as ThreadItem[]), ...this.state.items];
  }

  stop = (): void => this.abort?.abort();

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
      void this.loadVotes(threadId);
    } catch (error) {
      if (here())
        this.fail(error, strings.gone, true, error instanceof RequestFailed && error.status === 404);
    } finally {
      if (here()) this.loading = false;
      this.changed();
    }
  }

  // `before` runs right before the earlier messages are put in.
  async showEarlier(before: () => void = () => undefined): Promise<void> {
    const thread = this.state.thread;
    if (!thread || !this.earlierAfter) return;
    await this.attempt(async () => {
      const page = await this.api.newestItems(thread.id, this.earlierAfter ?? undefined);
      if (thread.id !== this.state.thread?.id) return;
      this.earlierAfter = page.has_more ? (page.after ?? null) : null;
      before();
      this.update({ ...this.state, items: [...page.data.reverse(), ...this.state.items] });
    });
  }

  async listThreads(older = false): Promise<void> {
    await this.attempt(() => this.list.load(older));
  }

  async rename(thread: Thread, title: string): Promise<void> {
    await this.attempt(async () => {
      await this.api.rename(thread.id, title);
      this.replaceThread({ ...thread, title });
    });
  }

  async remove(thread: Thread): Promise<void> {
    if (this.state.thread?.id === thread.id) this.create();
    await this.attempt(() => this.list.remove(thread));
  }

  async vote(item: ThreadItem, kind: "positive" | "negative" | null, reason?: string): Promise<boolean> {
    let done = false;
    await this.attempt(async () => {
      await this.api.vote(item.thread_id, item.id, kind, reason);
      if (kind) this.votes.set(item.id, { kind, reason: reason ?? null });
      else this.votes.delete(item.id);
      done = true;
      this.changed();
    });
    return done;
  }

  // Votes are an extra: without them the conversation is all there.
  private async loadVotes(threadId: string): Promise<void> {
    const votes = await this.api.votes(threadId);
    if (threadId !== this.state.thread?.id) return;
    this.votes = new Map(votes.map(({ item_id, kind, reason }) => [item_id, { kind, reason }]));
    this.changed();
  }

  // An action whose answer is the changed card, without a stream.
  private async actAtOnce(params: object): Promise<void> {
    await this.attempt(async () => {
      const { updated_item } = await this.api.act(params);
      if (updated_item) this.update(reduce(this.state, { type: "thread.item.replaced", item: updated_item }));
    });
  }

  dismiss(): void {
    this.update({ ...this.state, failure: null, notice: null });
  }

  private async run(type: string, params: object, how: Sending = {}): Promise<void> {
    const { key = newKey(), retry = true, kept = this.state.items.length } = how;
    const abort = new AbortController();
    const here = this.marker();
    this.abort = abort;
    this.answering = true;
    this.status = strings.answering;
    this.update({ ...this.state, failure: null, notice: null, suggestions: [] });
    try {
      const again = (): void => (here() ? this.update(askedAgain(this.state, kept)) : undefined);
      const send = (): AsyncGenerator<StreamEvent> => this.api.stream(type, params, abort.signal, key);
      const patient = this.api.knowsKeys && type !== "threads.add_structured_input";
      for await (const event of patientStream(send, abort.signal, again, patient ? undefined : [])) {
        if (!here()) return;
        this.receive(event);
      }
      this.status = this.state.failure?.text ?? noteText(this.state) ?? strings.complete;
    } catch (error) {
      if (!here()) return;
      this.status = strings.stopped;
      if (abort.signal.aborted) this.update(stopped(this.state));
      else this.fail(error, strings.lost, retry);
    } finally {
      if (here()) this.settle();
    }
  }

  private receive(event: StreamEvent): void {
    const before = this.state.thread;
    this.update(reduce(this.state, event));
    const thread = this.state.thread;
    if (event.item?.type === "user_message") this.unsent = null;
    if (event.type === "client_effect" && event.name !== "suggestions")
      this.effect(event.name ?? "", event.data ?? {});
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
    this.unsent = null;
    this.earlierAfter = null;
  }

  // A question that stays true as long as the conversation is the one it is now.
  private marker(): () => boolean {
    const generation = this.generation;
    return () => generation === this.generation;
  }

  private replaceThread(thread: Thread): void {
    if (this.state.thread?.id === thread.id) this.state = { ...this.state, thread };
    this.list.put(thread);
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.fail(error, strings.refused);
    }
  }

  private fail(error: unknown, otherwise: string, mayRetry = true, gone = false): void {
    const failure = failureOf(error, otherwise, this.answering, mayRetry);
    this.status = failure.text;
    this.update({ ...this.state, failure: { ...failure, gone } });
  }

  private update(state: ChatState): void {
    this.state = state;
    this.changed();
  }
}
