/** Reading a log up to a point, for commands that look and leave. */

import { decodeFrame, stream, subject } from "@exchange/streams";
import type { CommandPosition, Frame, Market, MarketEvent } from "@exchange/streams/contract";
import { GENESIS } from "@exchange/streams/contract";
import type { LogMessage } from "@exchange/streams/runtime";
import { followStream } from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import { Failure } from "../setup/failure.ts";

export interface LogRange {
  readonly stream: string;
  /** Sequence of the last message that is not wanted. */
  readonly after: number;
  /** Sequence of the last message that is wanted. */
  readonly until: number;
}

/** Nothing may take longer than this between two batches. */
const SILENCE_LIMIT_MS = 30_000;

/** Hands over every message of the range in order. Throws on a hole, or when the server falls silent. */
export async function readLog(
  connection: NatsConnection,
  range: LogRange,
  handle: (message: LogMessage) => void,
): Promise<void> {
  if (range.until <= range.after) return;
  const done = Promise.withResolvers<void>();
  let heardMs = performance.now();
  const follower = followStream({
    connection,
    stream: range.stream,
    after: range.after,
    batchMax: 500,
    handle: (batch) => {
      heardMs = performance.now();
      for (const message of batch) {
        if (message.sequence <= range.until) handle(message);
      }
      if ((batch.at(-1)?.sequence ?? 0) >= range.until) done.resolve();
    },
  });
  const watchdog = setInterval(() => {
    if (performance.now() - heardMs < SILENCE_LIMIT_MS) return;
    done.reject(new Failure(`${range.stream} gave nothing for ${SILENCE_LIMIT_MS / 1000} s`));
  }, 1000);
  try {
    await Promise.race([done.promise, follower.closed]);
  } finally {
    clearInterval(watchdog);
    await follower.stop();
  }
}

/** Sequence of the last message of a stream; 0 when it is empty. */
export async function lastSequence(connection: NatsConnection, name: string): Promise<number> {
  const jsm = await connection.jetstreamManager();
  return (await jsm.streams.info(name)).state.last_seq;
}

/** Every event of a market so far, in order. */
export async function readEvents(
  connection: NatsConnection,
  { market, epoch }: Market,
  handle: (event: MarketEvent, frame: Frame) => void,
): Promise<void> {
  const name = stream.events(market, epoch);
  const until = await lastSequence(connection, name);
  await readLog(connection, { stream: name, after: 0, until }, ({ data }) => {
    const frame = decodeFrame(data);
    for (const event of frame.events) handle(event, frame);
  });
}

const POLL_MS = 50;

/** Returns once every event of this command is in the event log. */
export async function waitForCommand(
  connection: NatsConnection,
  { market, epoch }: Market,
  position: CommandPosition,
): Promise<void> {
  const jsm = await connection.jetstreamManager();
  const giveUpMs = performance.now() + SILENCE_LIMIT_MS;
  const query = { last_by_subj: subject.events(market, epoch) };
  for (;;) {
    const last = await jsm.streams
      .getMessage(stream.events(market, epoch), query)
      .catch(() => null);
    const { to, complete } = last === null ? nothing : decodeFrame(last.data);
    if (to.command > position || (to.command === position && complete)) return;
    if (performance.now() > giveUpMs) {
      throw new Failure(`The engine is at ${market}:${to.command} and does not reach ${position}.`);
    }
    await Bun.sleep(POLL_MS);
  }
}

const nothing = { to: GENESIS, complete: true };
