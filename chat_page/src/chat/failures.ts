// What a failed request looks like on the page.

import { strings } from "../i18n/strings.ts";
import { RequestFailed } from "../protocol/api.ts";
import type { Failure } from "./thread-state.ts";

// `otherwise` is said of a refusal without words. An answer that was begun may be asked for again.
export function failureOf(
  error: unknown,
  otherwise: string,
  answering: boolean,
  mayRetry: boolean,
): Omit<Failure, "gone"> {
  const refused = error instanceof RequestFailed;
  const text = refused ? error.message || otherwise : answering ? strings.lost : strings.unreachable;
  const retry = mayRetry && answering && (!refused || error.status >= 500 || error.status === 429);
  return { text, retry };
}
