/** A turn of which a message is lost on the way: it is asked for again, and only one that stays away is a hole. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import type { Msg } from "nats";

import { stream } from "../subjects.ts";
import type { ScratchMarket } from "../testing/scratch-market.ts";
import { openScratchMarket } from "../testing/scratch-market.ts";
import { until } from "../testing/until.ts";
import { createAppender } from "./append.ts";
import type { Follower } from "./follow.ts";
import type { PollOptions } from "./poll-stream.ts";
import { pollStream } from "./poll-stream.ts";

const RECORDS = 30;

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

/** The real connection, without each message for which `isLost` says so. */
function losing(isLost: (sequence: number) => boolean): PollOptions["connection"] {
  async function* keep(replies: AsyncIterable<Msg>): AsyncGenerator<Msg> {
    for await (const message of replies) {
      if (!isLost(Number(message.headers?.get("Nats-Sequence") ?? 0))) yield message;
    }
  }
  return {
    requestMany: async (...asked) => keep(await scratch.connection.requestMany(...asked)),
  };
}

function poll(connection: PollOptions["connection"]): { reader: Follower; seen: number[] } {
  const seen: number[] = [];
  const handle: PollOptions["handle"] = (batch) => {
    seen.push(...batch.map(({ sequence }) => sequence));
  };
  const options = { connection, stream: name, after: 0, batchMax: 10, everyMs: 10, handle };
  return { reader: pollStream(options), seen };
}

test.each([
  ["the first of a turn", [1]],
  ["one amid a turn", [5]],
  ["the last of a turn", [10]],
  ["several", [1, 2, 14, 15, 21]],
])("a lost message is asked for again: %s", async (_where, lostOnce) => {
  const lost = new Set(lostOnce);
  const { reader, seen } = poll(losing((sequence) => lost.delete(sequence)));
  await until(() => reader.position === RECORDS);
  await reader.stop();
  expect(seen).toEqual(Array.from({ length: RECORDS }, (_, index) => index + 1));
  expect([...lost]).toEqual([]);
});

test("a message that a second ask does not bring either is a hole, behind all that is before it", async () => {
  const { reader, seen } = poll(losing((sequence) => sequence === 14));
  await expect(reader.closed).rejects.toThrow(`${name} goes from 13 to 15`);
  expect(seen).toEqual(Array.from({ length: 13 }, (_, index) => index + 1));
});
