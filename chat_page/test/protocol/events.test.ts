import assert from "node:assert/strict";
import { test } from "node:test";
import { eventsIn } from "../../src/protocol/events.ts";
import type { StreamEvent } from "../../src/protocol/types.ts";

// Beginning with a byte order mark; comments, an event without data and fields that are not ours; an event in
// three lines of data; characters of two and four bytes.
const LINES = [
  "\uFEFF: connected",
  'data: {"type":"a","text":"Grüße 🎉"}',
  "",
  ": keep-alive",
  "",
  "event: message",
  "id: 7",
  "data: {",
  'data:   "type": "b",',
  'data: "text": "two\\nlines"}',
  "retry: 1000",
  "",
  "data:",
  "",
  'data:{"type":"c"}',
  "",
  "",
];
const EVENTS = [{ type: "a", text: "Grüße 🎉" }, { type: "b", text: "two\nlines" }, { type: "c" }];
const ENDINGS = { LF: "\n", CRLF: "\r\n", CR: "\r" };

async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.slice(from, from + size);
}

async function read(stream: AsyncIterable<Uint8Array>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of eventsIn(stream)) events.push(event);
  return events;
}

for (const [name, ending] of Object.entries(ENDINGS)) {
  const bytes = new TextEncoder().encode(LINES.join(ending));

  test(`events whose lines end with ${name} are read wherever a chunk ends`, async () => {
    for (let at = 0; at <= bytes.length; at += 1) {
      assert.deepEqual(
        await read(chunks(bytes.slice(0, at), bytes.slice(at))),
        EVENTS,
        `cut after byte ${at}`,
      );
    }
  });

  test(`events whose lines end with ${name} are read in chunks of any size`, async () => {
    for (const size of [1, 2, 3, 7, 1000])
      assert.deepEqual(await read(pieces(bytes, size)), EVENTS, `${size} bytes`);
  });
}

test("events are read however the stream is cut", async () => {
  const wire = 'data: {"type":"a","text":"Grüße 🎉"}\r\n\r\n: keep-alive\n\ndata: {"type":"b"}\n\n';
  const bytes = new TextEncoder().encode(wire);
  for (const size of [1, 2, 3, 7, 1000]) {
    assert.deepEqual(await read(pieces(bytes, size)), [{ type: "a", text: "Grüße 🎉" }, { type: "b" }]);
  }
});

test("an event comes as soon as it is complete", async () => {
  const encoder = new TextEncoder();
  let sent = 0;
  async function* slowly(): AsyncGenerator<Uint8Array> {
    for (const type of ["a", "b"]) {
      sent += 1;
      yield encoder.encode(`data: {"type":"${type}"}\n\n`);
    }
  }
  const seen: [string, number][] = [];
  for await (const { type } of eventsIn(slowly())) seen.push([type, sent]);
  assert.deepEqual(seen, [
    ["a", 1],
    ["b", 2],
  ]);
});

test("data that is no JSON ends the answer with an error", async () => {
  await assert.rejects(read(chunks(new TextEncoder().encode("data: <html>\n\n"))), SyntaxError);
});
