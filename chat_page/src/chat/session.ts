// One conversation with the service: what the user does becomes requests, what comes back becomes state.

import { strings } from "../i18n/strings.ts";
import type { Api } from "../protocol/api.ts";
import { RequestFailed } from "../protocol/api.ts";
import type { Action, StreamEvent, Submission, Thread, ThreadItem } from "../protocol/types.ts";
import type { Outgoing } from "../protocol/user-message.ts";
import { inputAgain } from "../protocol/user-message.ts";
import { deliverAside, requestOf } from "./delivery.ts";
import { Extras } from "./extras.ts";
import { askedBefore, isLocal } from "./failure-note.ts";
import { failureOf } from "./failures.ts";
import type { Waiting } from "./outbox.ts";
import { Outbox } from "./outbox.ts";
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
  // Told of each effect that the service asks of the page around the chat.
  effect: (name: string, data: Record<string, unknown>) => void = () => undefined;
  // Told of each action that the page around the chat has to do.
  clientAction: (action: Action, item: ThreadItem | null) => void = () => undefined;
  readonly list: ThreadList;
  readonly extras: Extras;
  readonly outbox: Outbox;
  private abort: AbortController | null = null;
  private generation = 0;

  constructor(
    readonly api: Api,
    private readonly changed: () => void,
    private readonly opened: (threadId: string | null) => void,
  ) {
    this.list = new ThreadList(api, changed);
    this.extras = new Extras(api);
    this.outbox = new Outbox(api, changed, (entry) => this.deliver(entry));
  }

  async start(threadId: string | null): Promise<void> {
    await Promise.all([this.listThreads(), threadId ? this.open(threadId) : null]);
    void this.outbox.flush();
  }

  send(message: string | Outgoing): Promise<void> {
    const said = typeof message === "string" ? { text: message } : message;
    this.outbox.add(this.state.thread?.id ?? null, said);
    return this.outbox.flush();
  }

  // Sends what waits: where it is looked at with its answer, else besides.
  private async deliver(entry: Waiting): Promise<void> {
    const isHere = entry.thread === (this.state.thread?.id ?? null) && !this.loading;
    if (isHere && this.answering) return;
    if (isHere) return this.run(...requestOf(entry), { key: entry.key, waited: entry.waits });
    void this.outbox.aside(entry.key, entry.thread, async () => {
      const threadId = await deliverAside(this, entry);
      if (threadId === this.state.thread?.id && !this.answering) await this.open(threadId, true);
    });
  }

  // Asks for the last answer again.
  async retry(): Promise<void> {
    const asked = lastUserMessage(this.state.items);
    if (!asked || !this.state.thread) return;
    const items = this.state.items.slice(0, this.state.items.indexOf(asked) + 1);
    this.update({ ...this.state, items });
    await this.run("threads.retry_after_item", { thread_id: this.state.thread.id, item_id: asked.id });
    await this.renewExtras();
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
    await this.renewExtras();
  }

  async renewExtras(): Promise<void> {
    const threadId = this.state.thread?.id;
    if (threadId) await this.extras.load(threadId, () => threadId === this.state.thread?.id);
    this.changed();
  }

  // May something be said here? Not in a thread that the service has locked or closed.
  get mayWrite(): boolean {
    return (this.state.thread?.status?.type ?? "active") === "active";
  }

  stop = (): void => this.abort?.abort();

  create(): void {
    this.leave();
    this.update(emptyState);
    this.opened(null);
  }

  async open(threadId: string, again = false): Promise<void> {
    if (threadId === this.state.thread?.id && !again) return;
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
      void this.extras.load(threadId, here).then(this.changed);
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

  // An action whose answer is the changed card, without a stream.
  private async actAtOnce(params: object): Promise<void> {
    await this.attempt(async () => {
      const { updated_item } = await this.api.act(params);
      if (updated_item) this.update(reduce(this.state, { type: "thread.item.replaced", item: updated_item }));
    });
  }

  dismiss = (): void => this.update({ ...this.state, failure: null, notice: null });

  private async run(type: string, params: object, how: Sending = {}): Promise<void> {
    const { key = newKey(), retry = true, kept = this.state.items.length, waited = false } = how;
    const abort = new AbortController();
    const here = this.marker();
    this.abort = abort;
    this.answering = true;
    this.status = strings.answering;
    this.update({ ...this.state, failure: null, notice: null, suggestions: [] });
    try {
      const again = (): void => (here() ? this.update(askedAgain(this.state, kept)) : undefined);
      const send = (): AsyncGenerator<StreamEvent> => this.api.stream(type, params, abort.signal, key);
      const patient = this.api.knowsKeys && !waited && type !== "threads.add_structured_input";
      for await (const event of patientStream(send, abort.signal, again, patient ? undefined : [])) {
        if (!here()) return;
        this.receive(event, key);
      }
      this.status = this.state.failure?.text ?? noteText(this.state) ?? strings.complete;
    } catch (error) {
      if (here()) this.ended(error, abort.signal.aborted, key, retry);
    } finally {
      if (here()) this.settle();
    }
  }

  private ended(error: unknown, wasStopped: boolean, key: string, retry: boolean): void {
    const unsent = this.outbox.find(key);
    this.status = wasStopped ? strings.stopped : strings.waiting;
    if (unsent && wasStopped) this.outbox.mark(key, { problem: strings.notSent });
    else if (unsent) this.outbox.failed(key, error);
    else if (wasStopped) this.update(stopped(this.state));
    else this.fail(error, strings.lost, retry);
    this.status = this.outbox.find(key)?.problem || this.status;
  }

  private receive(event: StreamEvent, key: string): void {
    const before = this.state.thread;
    this.update(reduce(this.state, event));
    const thread = this.state.thread;
    if (event.item?.type === "user_message") this.outbox.take(key);
    if (event.type === "client_effect" && event.name !== "suggestions")
      this.effect(event.name ?? "", event.data ?? {});
    if (!thread || thread === before) return;
    this.replaceThread(thread);
    if (before) return;
    this.outbox.begun(thread.id);
    this.opened(thread.id);
  }

  private settle(): void {
    this.answering = false;
    this.abort = null;
    this.update({ ...this.state, progress: "" });
    void this.outbox.flush();
  }

  // What runs for this conversation must not write into the next one.
  private leave(): void {
    this.generation += 1;
    this.abort?.abort();
    this.abort = null;
    this.answering = false;
    this.loading = false;
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

  // False when it failed, which is shown then.
  async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.fail(error, strings.refused);
      return false;
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
