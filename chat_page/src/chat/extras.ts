// What the service knows of a conversation besides its items: votes, and versions of messages.

import type { Api } from "../protocol/api.ts";
import type { ShownVersion, ThreadItem, Vote } from "../protocol/types.ts";

export class Extras {
  votes = new Map<string, Vote>();
  versions = new Map<string, ShownVersion>();

  constructor(private readonly api: Api) {}

  // They are an extra: without them the conversation is all there. `isWanted` says so afterwards.
  async load(threadId: string, isWanted: () => boolean): Promise<void> {
    const { votes = [], versions = [] } = await this.api.extras(threadId);
    if (!isWanted()) return;
    this.votes = new Map(votes.map(({ item_id, kind, reason }) => [item_id, { kind, reason }]));
    this.versions = new Map(versions.map(({ item_id, number, count }) => [item_id, { number, count }]));
  }

  // Raises what the request raises.
  async vote(item: ThreadItem, kind: Vote["kind"] | null, reason?: string): Promise<void> {
    await this.api.vote(item.thread_id, item.id, kind, reason);
    if (kind) this.votes.set(item.id, { kind, reason: reason ?? null });
    else this.votes.delete(item.id);
  }
}
