// Requests of the ChatKit protocol: one address, JSON in, JSON or a stream of events out.

import { bytesOf, eventsIn } from "./events.ts";
import { jsonOf } from "./texts.ts";
import { Tokens } from "./tokens.ts";
import type { Page, StreamEvent, Thread, ThreadExtras, ThreadItem, Vote } from "./types.ts";

export class RequestFailed extends Error {
  constructor(
    message: string,
    readonly status: number,
    // The service said when to come again.
    readonly mayComeAgain = false,
  ) {
    super(message);
  }
}

export class Api {
  // Whether the service collects traces: each request then begins one.
  tracing = false;
  // The service does once what is sent again under its key; others may not know the header.
  knowsKeys = false;
  // Answers can be made tasks; visitors of a site have none.
  keepsTasks = true;
  // A chat can go on from an answer as a new one.
  branches = false;
  // Whose chats these are, in a word that names nobody; empty where the service does not say it.
  user = "";

  constructor(
    public url: string,
    private readonly tokens = new Tokens(() => undefined),
  ) {}

  async *stream(
    type: string,
    params: object,
    signal: AbortSignal,
    key?: string,
  ): AsyncGenerator<StreamEvent> {
    const response = await this.post(type, params, signal, key);
    if (response.body) yield* eventsIn(bytesOf(response.body));
  }

  threads(after?: string): Promise<Page<Thread>> {
    return this.json("threads.list", { limit: 50, order: "desc", ...(after ? { after } : {}) });
  }

  thread(threadId: string): Promise<Thread> {
    return this.json("threads.get_by_id", { thread_id: threadId });
  }

  newestItems(threadId: string, after?: string): Promise<Page<ThreadItem>> {
    return this.json("items.list", {
      thread_id: threadId,
      limit: 50,
      order: "desc",
      ...(after ? { after } : {}),
    });
  }

  rename(threadId: string, title: string): Promise<unknown> {
    return this.json("threads.update", { thread_id: threadId, title });
  }

  remove(threadId: string): Promise<unknown> {
    return this.json("threads.delete", { thread_id: threadId });
  }

  // A change of a card that comes back at once.
  act(params: object): Promise<{ updated_item?: ThreadItem | null }> {
    return this.json("threads.sync_custom_action", params);
  }

  // Another service of the protocol may not keep votes and versions: then there are none.
  async extras(threadId: string): Promise<Partial<ThreadExtras>> {
    try {
      const response = await this.get(`feedback?thread_id=${encodeURIComponent(threadId)}`);
      return response.ok ? ((await jsonOf(response)) as ThreadExtras) : {};
    } catch {
      return {};
    }
  }

  // The id of a new chat with what is said in another one up to an item.
  async branch(thread_id: string, item_id: string): Promise<string> {
    const answer = await this.put("branches", { thread_id, item_id });
    return ((await jsonOf(answer)) as { thread_id: string }).thread_id;
  }

  // A vote, its reason, or (without a kind) that it is taken back.
  async vote(thread_id: string, item_id: string, kind: Vote["kind"] | null, reason?: string): Promise<void> {
    await this.put("feedback", { thread_id, item_id, kind, ...(reason ? { reason } : {}) });
  }

  private async put(path: string, body: object): Promise<Response> {
    const headers = { "content-type": "application/json" };
    const response = await this.fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.ok) throw new RequestFailed(await explanation(response), response.status);
    return response;
  }

  // Any request that is answered with JSON.
  call<T>(type: string, params: object): Promise<T> {
    return this.json(type, params);
  }

  // Who asks; sent with every request of the page.
  async headers(): Promise<Record<string, string>> {
    const headers = await this.tokens.headers();
    return this.tracing ? { ...headers, traceparent: newTraceparent() } : headers;
  }

  address(path: string): string {
    return new URL(path, new URL(this.url, location.href)).href;
  }

  // What lies beside the protocol's address; the caller looks at the status.
  async get(path: string): Promise<Response> {
    return this.fetch(path);
  }

  // A token that is refused is asked for once more: it may have run out.
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const ask = async (): Promise<Response> =>
      fetch(this.address(path), {
        ...init,
        headers: { ...(await this.headers()), ...(init.headers as Record<string, string>) },
      });
    let response = await ask();
    if (response.status === 401 && this.tokens.provider) {
      this.tokens.forget();
      response = await ask();
    }
    if (response.status === 401) this.tokens.note(true);
    // The configuration is open to everyone: it says nothing about who asks.
    else if (path === this.url) this.tokens.note(false);
    return response;
  }

  private async json<T>(type: string, params: object): Promise<T> {
    return (await jsonOf(await this.post(type, params))) as T;
  }

  private async post(type: string, params: object, signal?: AbortSignal, key?: string): Promise<Response> {
    const response = await this.fetch(this.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "text/event-stream, application/json",
        ...(key && this.knowsKeys ? { "idempotency-key": key } : {}),
      },
      body: JSON.stringify({ type, params }),
      signal: signal ?? null,
      // A deletion goes out even when the page is being left.
      keepalive: type === "threads.delete",
    });
    const { ok, status, headers } = response;
    this.user = headers.get("owflex-user") ?? this.user;
    if (!ok) throw new RequestFailed(await explanation(response), status, headers.has("retry-after"));
    return response;
  }
}

// Ids of a trace and of the request in it, as the W3C's Trace Context writes them.
export function newTraceparent(): string {
  const hex = (bytes: number): string =>
    [...crypto.getRandomValues(new Uint8Array(bytes))]
      .map((one) => one.toString(16).padStart(2, "0"))
      .join("");
  return `00-${hex(16)}-${hex(8)}-01`;
}

async function explanation(response: Response): Promise<string> {
  return sentenceIn(await response.json().catch(() => null));
}

// The sentence in the JSON of a refusal, whoever wrote it; empty when there is none.
export function sentenceIn(body: unknown): string {
  const { error, message, detail } = (body ?? {}) as {
    error?: { message?: unknown } | string;
    message?: unknown;
    detail?: unknown;
  };
  const said = [typeof error === "object" ? error?.message : error, message, detail];
  return said.find((text): text is string => typeof text === "string" && text !== "") ?? "";
}
