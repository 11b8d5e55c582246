// A waiting message on its way to the service.

import { inputOf } from "../protocol/user-message.ts";
import type { Waiting } from "./outbox.ts";
import type { Session } from "./session.ts";

// The request that sends it.
export function requestOf({ thread, message }: Waiting): [type: string, params: object] {
  const input = inputOf(message);
  return thread ? ["threads.add_user_message", { thread_id: thread, input }] : ["threads.create", { input }];
}

// Sends one while another conversation is looked at; the service keeps the answer. To go away would stop it.
// The id of the conversation; empty when none was begun.
export async function deliverAside({ api, list, outbox }: Session, entry: Waiting): Promise<string> {
  const { key } = entry;
  let threadId = entry.thread ?? "";
  try {
    for await (const { thread, item } of api.stream(...requestOf(entry), new AbortController().signal, key)) {
      if (thread) {
        threadId = thread.id;
        outbox.begun(threadId);
        list.put(thread);
      }
      if (item?.type === "user_message") outbox.take(key);
    }
  } catch (error) {
    if (outbox.find(key)) outbox.failed(key, error);
  }
  return threadId;
}
