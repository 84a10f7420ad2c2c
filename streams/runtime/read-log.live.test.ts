import { afterAll, beforeAll, expect, test } from "bun:test";

import type { NatsConnection } from "nats";

import { stream, subject } from "../subjects.ts";
import { readTestServer } from "../testing/env.ts";
import { openFaultyLink } from "../testing/faulty-link.ts";
import type { ScratchMarket } from "../testing/scratch-market.ts";
import { openScratchMarket } from "../testing/scratch-market.ts";
import { createAppender } from "./append.ts";
import { connectNats } from "./connect.ts";
import type { Follower, FollowOptions } from "./follow.ts";
import { followStream } from "./follow.ts";
import { onReconnect } from "./on-reconnect.ts";
import { pollStream } from "./poll-stream.ts";

type Read = (options: FollowOptions) => Follower;
const readers: readonly [string, Read][] = [
  ["follower", followStream],
  ["poller", (options) => pollStream({ ...options, everyMs: 10 })],
];

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

test.each(readers)(
  "a %s hands over every message after its position, in order",
  async (_name, read) => {
    const seen: number[] = [];
    const follower = read({
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
  },
);

test.each(readers)(
  "a %s goes on behind the last message after its connection was cut",
  async (_name, read) => {
    const server = readTestServer();
    const link = openFaultyLink(server.url);
    const connection = await connectNats({ ...server, url: link.url, name: "faulty" });
    const last = (await scratch.jsm.streams.info(name)).state.last_seq;
    const seen: number[] = [];
    const follower = read({
      connection,
      stream: name,
      after: 0,
      batchMax: 500,
      handle: (batch) => void seen.push(...batch.map((message) => message.sequence)),
    });
    await until(() => follower.position === last);
    link.loseAnswers();
    const appender = createAppender({ ...scratch, market: scratch.definition.market, epoch: 1 });
    for (let record = 0; record < 20; record += 1) await appender.append({ kind: "Tick" });
    link.heal();
    await until(() => follower.position === last + 20);
    await follower.stop();
    await connection.close();
    link.stop();
    expect(seen).toEqual(Array.from({ length: last + 20 }, (_, index) => index + 1));
  },
  30_000,
);

test.each(readers)(
  "a failure of the handler ends the %s with that failure",
  async (_name, read) => {
    const follower = read({
      connection: scratch.connection,
      stream: name,
      after: 0,
      batchMax: 500,
      handle: () => {
        throw new Error("a rule is broken");
      },
    });
    await expect(follower.closed).rejects.toThrow("a rule is broken");
  },
);

async function fillEventLog(connection: NatsConnection): Promise<void> {
  const js = connection.jetstream({ timeout: 20_000 });
  const target = subject.events(scratch.definition.market, 1);
  const bytes = new Uint8Array(FRAME_BYTES);
  const { state } = await scratch.jsm.streams.info(stream.events(scratch.definition.market, 1));
  for (let sent = state.messages; sent < FRAMES; sent += 10) {
    await Promise.all(Array.from({ length: 10 }, async () => await js.publish(target, bytes)));
  }
}

test.each(readers)(
  "a %s that is far behind a log of large messages is not cut off by the server",
  async (_name, read) => {
    const { connection, definition } = scratch;
    await fillEventLog(connection);
    const reader = await connectNats({ ...readTestServer(), name: "far-behind" });
    let reconnects = 0;
    onReconnect(reader, () => (reconnects += 1));
    const follower = read({
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
  },
  30_000,
);
