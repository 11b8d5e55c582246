// What stands in a thread before the items that are shown.

import type { Api } from "../protocol/api.ts";
import type { ThreadItem } from "../protocol/types.ts";

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
