// The user's chats, newest first, as far as they were fetched.

import type { Api } from "../protocol/api.ts";
import type { Thread } from "../protocol/types.ts";

export class ThreadList {
  threads: Thread[] = [];
  // Whether the service has older ones.
  more = false;

  constructor(
    private readonly api: Api,
    private readonly changed: () => void,
  ) {}

  // The newest, or those that follow what is here.
  async load(older: boolean): Promise<void> {
    const page = await this.api.threads(older ? this.threads.at(-1)?.id : undefined);
    this.more = page.has_more;
    this.set(older ? [...this.threads, ...page.data] : page.data);
  }

  // A chat that is new or has changed.
  put(thread: Thread): void {
    const known = this.threads.findIndex((other) => other.id === thread.id);
    this.set(known < 0 ? [thread, ...this.threads] : this.threads.with(known, thread));
  }

  // The list is without the chat at once; it comes back when the service refuses.
  async remove(thread: Thread): Promise<void> {
    const before = this.threads;
    this.set(before.filter((other) => other.id !== thread.id));
    try {
      await this.api.remove(thread.id);
    } catch (error) {
      this.set(before);
      throw error;
    }
  }

  private set(threads: Thread[]): void {
    this.threads = threads;
    this.changed();
  }
}
