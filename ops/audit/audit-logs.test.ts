import { expect, test } from "bun:test";

import { readLogged } from "@exchange/engine/replay";
import { decodeFrame, encodeFrame, encodeRecord } from "@exchange/streams";
import { NatsError } from "nats";

import { auditLogs } from "./audit-logs.ts";
import { createSmallMarket, market } from "./testing/small-market.ts";

interface Message {
  readonly sequence: number;
  readonly timeMs: number;
  readonly data: Uint8Array;
}

const small = createSmallMarket();
const recordLog = small.records.map(({ sequence, timeMs, record }): Message => ({
  sequence,
  timeMs,
  data: encodeRecord(record),
}));
const frameLog = small.frames.map(({ sequence, frame }): Message => ({
  sequence,
  timeMs: 0,
  data: encodeFrame(frame),
}));

/** As a follower hands a log over: it stops at a hole. */
function* read<Value>(log: readonly Message[], decode: (message: Message) => Value) {
  for (const [place, message] of log.entries()) {
    if (message.sequence !== place + 1) throw new Error(`goes to ${message.sequence}`);
    yield decode(message);
  }
}

async function audit(records: readonly Message[], frames: readonly Message[]) {
  return await auditLogs({
    market,
    records: read(records, (message) => ({ epoch: 1, ...readLogged(message) })),
    frames: read(frames, ({ sequence, data }) => ({
      sequence,
      epoch: 1,
      frame: decodeFrame(data),
    })),
    snapshots: { readable: [small.snapshot], unreadable: [] },
    onFrame: () => undefined,
    onEvent: () => undefined,
  });
}

/** The same log whose third message is damaged. */
function damage(log: readonly Message[], text: string): readonly Message[] {
  return log.map((message, place) =>
    place === 2 ? { ...message, data: new TextEncoder().encode(text) } : message,
  );
}

test("logs that can be read are audited to their ends", async () => {
  const { checks, isWhole } = await audit(recordLog, frameLog);
  expect(isWhole).toBe(true);
  expect(checks.flatMap(({ told }) => told)).toEqual([]);
  expect(checks.filter(({ examined }) => examined === 0)).toEqual([]);
});

test.each([
  ["a missing record", recordLog.toSpliced(2, 1), frameLog, "record 2 and frame 3"],
  ["a missing frame", recordLog, frameLog.toSpliced(2, 1), "record 2 and frame 2"],
  ["a record that is no JSON", damage(recordLog, '{"v":1,"comm'), frameLog, "record 2 and frame 3"],
  ["a record without commands", damage(recordLog, '{"v":1}'), frameLog, "record 3 and frame 3"],
  ["a frame of another version", recordLog, damage(frameLog, '{"v":2}'), "record 2 and frame 2"],
  ["a frame without events", recordLog, damage(frameLog, '{"v":1}'), "record 2 and frame 3"],
])(
  "%s is a violation that says where, not the end of the audit",
  async (_, records, frames, at) => {
    const { checks, isWhole } = await audit(records, frames);
    expect(isWhole).toBe(false);
    expect(checks.flatMap(({ told }) => told.map(({ where }) => where))).toEqual([
      `BTC-USD after ${at}`,
    ]);
  },
);

test("a server that goes away is an error, not a violation", async () => {
  const auditing = auditLogs({
    market,
    records: read(recordLog, () => {
      throw new NatsError("away", "CONNECTION_CLOSED");
    }),
    frames: small.frames,
    snapshots: { readable: [], unreadable: [] },
    onFrame: () => undefined,
    onEvent: () => undefined,
  });
  await expect(auditing).rejects.toThrow("away");
});
