// Requests of the ChatKit protocol: one address, JSON in, JSON or a stream of events out.
import type { Page, StreamEvent, Thread, ThreadItem } from "./types.ts";

export class RequestFailed extends Error {
  constructor(message: string, readonly status: number) {
    super(message);
  }
}

// Splits a byte stream of server-sent events into the JSON of their data; a chunk may end anywhere.
export async function* parseEvents(stream: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    rest += decoder.decode(bytes, { stream: true }).replaceAll("\r\n", "\n");
    const parts = rest.split("\n\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const data = part
        .split("\n")
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).trimStart())
        .join("\n");
      if (data) yield JSON.parse(data) as StreamEvent;
    }
  }
}

async function* bytesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

export class Api {
  constructor(private readonly url: string) {}

  async *stream(type: string, params: object, signal: AbortSignal): AsyncGenerator<StreamEvent> {
    const response = await this.post(type, params, signal);
    if (response.body) yield* parseEvents(bytesOf(response.body));
  }

  threads(after?: string): Promise<Page<Thread>> {
    return this.json("threads.list", { limit: 50, order: "desc", ...(after ? { after } : {}) });
  }

  thread(threadId: string): Promise<Thread> {
    return this.json("threads.get_by_id", { thread_id: threadId });
  }

  newestItems(threadId: string, after?: string): Promise<Page<ThreadItem>> {
    return this.json("items.list", { thread_id: threadId, limit: 50, order: "desc", ...(after ? { after } : {}) });
  }

  rename(threadId: string, title: string): Promise<unknown> {
    return this.json("threads.update", { thread_id: threadId, title });
  }

  remove(threadId: string): Promise<unknown> {
    return this.json("threads.delete", { thread_id: threadId });
  }

  feedback(threadId: string, itemId: string, kind: "positive" | "negative"): Promise<unknown> {
    return this.json("items.feedback", { thread_id: threadId, item_ids: [itemId], kind });
  }

  private async json<T>(type: string, params: object): Promise<T> {
    return (await this.post(type, params)).json() as Promise<T>;
  }

  private async post(type: string, params: object, signal?: AbortSignal): Promise<Response> {
    const response = await fetch(this.url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream, application/json" },
      body: JSON.stringify({ type, params }),
      signal: signal ?? null,
    });
    if (!response.ok) throw new RequestFailed(await explanation(response), response.status);
    return response;
  }
}

async function explanation(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { error?: { message?: string } | string; message?: string; detail?: unknown };
    if (typeof body.error === "object" && body.error.message) return body.error.message;
    if (typeof body.error === "string") return body.error;
    if (body.message) return body.message;
    return typeof body.detail === "string" ? body.detail : "";
  } catch {
    return "";
  }
}

export function userInput(text: string): object {
  return { content: [{ type: "input_text", text }], attachments: [], inference_options: {} };
}
