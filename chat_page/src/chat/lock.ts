// Whether the service takes no more messages in a chat.
import { strings } from "../i18n/strings.ts";
import type { Thread } from "../protocol/types.ts";

// Why nothing can be sent in this chat; nothing when it can.
export function lockReason(thread: Thread | null): string {
  const status = thread?.status;
  if (!status || status.type === "active") return "";
  return status.reason || (status.type === "locked" ? strings.lockedChat : strings.closedChat);
}
