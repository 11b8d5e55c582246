// The server-sent events of an answer, as they arrive.
import { createParser } from "eventsource-parser";
import { fromJson } from "./texts.ts";
import type { StreamEvent } from "./types.ts";

// The JSON in the data of each event; a chunk may end anywhere. Raises SyntaxError for data that is no JSON.
export async function* eventsIn(stream: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  const arrived: StreamEvent[] = [];
  const parser = createParser({
    onEvent: ({ data }) => data && arrived.push(fromJson(data) as StreamEvent),
  });
  for await (const bytes of stream) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    yield* arrived.splice(0);
  }
}

// The body's chunks: not every browser can iterate over a stream by itself.
export async function* bytesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
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
