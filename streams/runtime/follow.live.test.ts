import { afterAll, beforeAll, expect, test } from "bun:test";

import { stream, subject } from "../subjects.ts";
import { readTestServer } from "../testing/env.ts";
import { openFaultyLink } from "../testing/faulty-link.ts";
import type { ScratchMarket } from "../testing/scratch-market.ts";
import { openScratchMarket } from "../testing/scratch-market.ts";
import { createAppender } from "./append.ts";
import { connectNats } from "./connect.ts";
import { followStream } from "./follow.ts";
import { onReconnect } from "./on-reconnect.ts";

const RECORDS = 200;
/** More than a server keeps for one connection: 64 MB. */
const FRAMES = 320;
const FRAME_BYTES = 256 * 1024;

let scratch: ScratchMarket;
let name: string;

beforeAll(async () => {
  scratch = await openScratchMarket();
  name = stream.commands(scratch.definition.market, 1);
  const appender = createAppender({ ...scratch, market: scratch.definition.market, epoch: 1 });
  for (let record = 0; record < RECORDS; record += 1) await appender.append({ kind: "Tick" });
});
afterAll(async () => {
  await scratch.remove();
});

async function until(condition: () => boolean): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error("it did not happen within 10 s");
    await Bun.sleep(5);
  }
}

test("a follower hands over every message after its position, in order", async () => {
  const seen: number[] = [];
  const follower = followStream({
    connection: scratch.connection,
    stream: name,
    after: 50,
    batchMax: 16,
    handle: async (batch) => {
      expect(batch.length).toBeLessThanOrEqual(16);
      seen.push(...batch.map((message) => message.sequence));
      await Bun.sleep(1);
    },
  });
  await until(() => follower.position >= RECORDS);
  await follower.stop();
  expect(seen.slice(0, 150)).toEqual(Array.from({ length: 150 }, (_, index) => index + 51));
});

test("a follower goes on behind the last message after its connection was cut", async () => {
  const server = readTestServer();
  const link = openFaultyLink(server.url);
  const connection = await connectNats({ ...server, url: link.url, name: "faulty" });
  const seen: number[] = [];
  const follower = followStream({
    connection,
    stream: name,
    after: 0,
    batchMax: 500,
    handle: (batch) => void seen.push(...batch.map((message) => message.sequence)),
  });
  await until(() => follower.position >= RECORDS);
  link.loseAnswers();
  const appender = createAppender({ ...scratch, market: scratch.definition.market, epoch: 1 });
  for (let record = 0; record < 20; record += 1) await appender.append({ kind: "Tick" });
  link.heal();
  await until(() => follower.position === RECORDS + 20);
  await follower.stop();
  await connection.close();
  link.stop();
  expect(seen).toEqual(Array.from({ length: 220 }, (_, index) => index + 1));
}, 30_000);

test("a failure of the handler ends the follower with that failure", async () => {
  const follower = followStream({
    connection: scratch.connection,
    stream: name,
    after: 0,
    batchMax: 500,
    handle: () => {
      throw new Error("a rule is broken");
    },
  });
  await expect(follower.closed).rejects.toThrow("a rule is broken");
});

test("a reader that is far behind a log of large messages is not cut off by the server", async () => {
  const { connection, definition } = scratch;
  const js = connection.jetstream({ timeout: 20_000 });
  const bytes = new Uint8Array(FRAME_BYTES);
  for (let sent = 0; sent < FRAMES; sent += 10) {
    const target = subject.events(definition.market, 1);
    await Promise.all(Array.from({ length: 10 }, async () => await js.publish(target, bytes)));
  }
  const reader = await connectNats({ ...readTestServer(), name: "far-behind" });
  let reconnects = 0;
  onReconnect(reader, () => (reconnects += 1));
  const follower = followStream({
    connection: reader,
    stream: stream.events(definition.market, 1),
    after: 0,
    batchMax: 16,
    handle: async () => await Bun.sleep(5),
  });
  await until(() => follower.position === FRAMES);
  await follower.stop();
  await reader.close();
  expect(reconnects).toBe(0);
}, 30_000);
