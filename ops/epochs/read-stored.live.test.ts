/** Sealed logs on a real server: all of each message, in parts, and what a seal still allows. */

import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";

import { stream, subject } from "@exchange/streams";
import { sealStream } from "@exchange/streams/runtime";
import type { ScratchMarket } from "@exchange/streams/testing";
import { openScratchMarket } from "@exchange/streams/testing";

import { readStored } from "./read-stored.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(60_000);

/** More than comes at once, by number and by size. */
const MESSAGES = 2100;
const LARGE_EVERY = 150;
const LARGE_CHARACTERS = 900_000;

let scratch: ScratchMarket;
let name: string;
beforeEach(async () => {
  scratch = await openScratchMarket();
  name = stream.events(scratch.definition.market, 1);
});
afterEach(async () => {
  await scratch.remove();
});

async function store(count: number): Promise<void> {
  const js = scratch.connection.jetstream();
  const about = subject.events(scratch.definition.market, 1);
  const stored = Array.from({ length: count }, async (_, index) => {
    const text = index % LARGE_EVERY === 0 ? "é".repeat(LARGE_CHARACTERS / 2) : `text ${index}`;
    return await js.publish(about, text, { expect: { streamName: name } });
  });
  await Promise.all(stored);
}

test("every message comes once and in order, as the server has it", async () => {
  await store(MESSAGES);
  const { connection, jsm } = scratch;
  const range = { stream: name, after: 3, until: MESSAGES - 1 };
  let sequence = range.after;
  let characters = 0;
  for await (const message of readStored(connection, range)) {
    sequence += 1;
    expect(message.sequence).toBe(sequence);
    characters += message.data.length;
    if (sequence % LARGE_EVERY !== 2) continue;
    const {
      header,
      subject: about,
      time,
      data,
    } = await jsm.streams.getMessage(name, {
      seq: sequence,
    });
    expect(message.subject).toBe(about);
    expect(message.timeMs).toBe(time.getTime());
    expect(message.headers).toEqual({ "Nats-Expected-Stream": [name] });
    expect(message.headers).toEqual(
      Object.fromEntries(header.keys().map((one) => [one, header.values(one)])),
    );
    expect(Buffer.from(message.data).equals(data)).toBe(true);
  }
  expect(sequence).toBe(range.until);
  expect(characters).toBeGreaterThan(8 * 1024 * 1024);
});

test("a sealed log refuses to lose a message, and lets itself be deleted as a whole", async () => {
  const { connection, jsm } = scratch;
  await store(2);
  await sealStream(connection, name);
  await expect(jsm.streams.deleteMessage(name, 1)).rejects.toThrow("sealed");
  await expect(jsm.streams.purge(name)).rejects.toThrow("sealed");
  expect(
    await Array.fromAsync(readStored(connection, { stream: name, after: 0, until: 2 })),
  ).toHaveLength(2);
  expect(await jsm.streams.delete(name)).toBe(true);
});
