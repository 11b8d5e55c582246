// A request that is sent again by itself when its connection fails: under one key the service does it once.

import { RequestFailed } from "../protocol/api.ts";
import type { StreamEvent } from "../protocol/types.ts";

// How a request is sent: its key, whether its failure may be tried again, how many items stood before it, and
// whether it was tried for long already.
export interface Sending {
  waited?: boolean;
  key?: string;
  retry?: boolean;
  kept?: number;
}

// Milliseconds before each attempt: a replica takes over at once, a restart takes a while.
const PAUSES = [500, 1000, 2000, 4000, 8000];
const [BUSY, PROXY_ERRORS] = [409, [502, 503, 504]];

// The events of the answer; `again` is told before each new attempt. Raises what the last one raises.
export async function* patientStream(
  send: () => AsyncGenerator<StreamEvent>,
  signal: AbortSignal,
  again: () => void,
  pauses: readonly number[] = PAUSES,
): AsyncGenerator<StreamEvent> {
  for (let failures = 0; ; failures += 1) {
    try {
      yield* send();
      return;
    } catch (error) {
      const pause = pauses[failures];
      if (signal.aborted || pause === undefined || !isWorthAnother(error, failures > 0)) throw error;
      again();
      await waited(pause, signal);
    }
  }
}

// Whether the browser knows that there is no network; when it knows of one, the service may still be away.
export const isOffline = (): boolean => globalThis.navigator?.onLine === false;

// A key for what is sent now. Pages without HTTPS have no `crypto.randomUUID`.
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Nobody answered, or a proxy did in place of the service. What is still busy may be our own first try.
function isWorthAnother(error: unknown, isRepeated: boolean): boolean {
  if (!(error instanceof RequestFailed)) return error instanceof TypeError && !isOffline();
  if (error.status === BUSY) return isRepeated;
  return PROXY_ERRORS.includes(error.status) && (!error.message || error.mayComeAgain);
}

function waited(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}
