/** Reading a log up to a point, for commands that look and leave. */

import { decodeFrame, stream, subject } from "@exchange/streams";
import type { CommandPosition, Market } from "@exchange/streams/contract";
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

/** Nothing may take longer than this to arrive. */
const SILENCE_LIMIT_MS = 30_000;

/** Every message of the range in order. Throws on a hole, or when the server falls silent. */
export async function* readLog(
  connection: NatsConnection,
  { stream: name, after, until }: LogRange,
): AsyncGenerator<LogMessage> {
  if (until <= after) return;
  let arrived = Promise.withResolvers<readonly LogMessage[]>();
  let taken = Promise.withResolvers<void>();
  const follower = followStream({
    connection,
    stream: name,
    after,
    batchMax: 500,
    // The next batch waits until this one was taken, so that a long log does not pile up in memory.
    handle: async (batch) => {
      arrived.resolve(batch);
      await taken.promise;
    },
  });
  const broken = follower.closed.then(() => {
    throw new Error(`${name} was left before ${until}`);
  });
  broken.catch(() => undefined);
  try {
    for (;;) {
      const batch = await orSilence(name, Promise.race([arrived.promise, broken]));
      for (const message of batch) {
        if (message.sequence <= until) yield message;
      }
      if ((batch.at(-1)?.sequence ?? 0) >= until) return;
      const { resolve } = taken;
      arrived = Promise.withResolvers();
      taken = Promise.withResolvers();
      resolve();
    }
  } finally {
    taken.resolve();
    await follower.stop();
  }
}

async function orSilence<Value>(name: string, arriving: Promise<Value>): Promise<Value> {
  const silent = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => silent.reject(new Failure(`${name} gave nothing for ${SILENCE_LIMIT_MS / 1000} s`)),
    SILENCE_LIMIT_MS,
  );
  try {
    return await Promise.race([arriving, silent.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Sequence of the last message of a stream; 0 when it is empty. */
export async function lastSequence(connection: NatsConnection, name: string): Promise<number> {
  const jsm = await connection.jetstreamManager();
  return (await jsm.streams.info(name)).state.last_seq;
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
