// What stands in a thread before the items that are shown.

import type { Api } from "../protocol/api.ts";
import type { ThreadItem } from "../protocol/types.ts";
import type { Session } from "./session.ts";

// The items before the id `after`, oldest first. Raises what the requests raise.
export async function itemsBefore(api: Api, threadId: string, after: string | null): Promise<ThreadItem[]> {
  const earlier: ThreadItem[] = [];
  for (let last = after; last; ) {
    const page = await api.newestItems(threadId, last);
    earlier.unshift(...page.data.reverse());
    last = page.has_more ? (page.after ?? null) : null;
  }
  return earlier;
}

// Every item of the thread, oldest first; nothing when they could not be had.
export async function allItems(session: Session): Promise<ThreadItem[] | null> {
  const { thread, items } = session.state;
  let earlier: ThreadItem[] = [];
  const done = await session.attempt(async () => {
    if (thread) earlier = await itemsBefore(session.api, thread.id, session.earlierAfter);
  });
  return done ? [...earlier, ...items] : null;
}
