/** Compares a market's event log with a replay of its command log, event by event and hash by hash. */

import { decodeFrame, formatHash, stream } from "@exchange/streams";
import type { MarketId, Position } from "@exchange/streams/contract";
import { GENESIS, samePosition } from "@exchange/streams/contract";
import type { LogMessage } from "@exchange/streams/runtime";
import { followStream } from "@exchange/streams/runtime";
import type { JetStreamManager, NatsConnection } from "nats";

import { readLogged } from "../logged-record.ts";
import { replayCommands } from "../replay.ts";
import type { ChainedEvent } from "../replica.ts";

export interface MarketUnderTest {
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
  readonly market: MarketId;
}

export interface Verified {
  readonly commands: number;
  readonly frames: number;
  readonly events: number;
}

/** Generous, since a test machine may be busy with other things. */
const DRAIN_LIMIT_MS = 40_000;
const POLL_MS = 50;

/** Waits until every command has its events in the log, then throws at the first difference. */
export async function verifyMarket(subject: MarketUnderTest): Promise<Verified> {
  const records = await readLog(subject, stream.commands(subject.market, 1));
  const decided: ChainedEvent[] = [];
  let commands = 0;
  const { position } = await replayCommands(
    records.map((message) => {
      const logged = readLogged(message);
      commands += logged.record.commands.length;
      return logged;
    }),
    { market: subject.market, epoch: 1, onEvent: (event) => decided.push(event) },
  );
  await waitForEvents(subject, position);
  const frames = await readLog(subject, stream.events(subject.market, 1));
  compare(frames, decided);
  return { commands, frames: frames.length, events: decided.length };
}

/** Every frame goes on where the last one ended, and every event and hash is the replay's. */
function compare(frames: readonly LogMessage[], decided: readonly ChainedEvent[]): void {
  let to: Position = GENESIS;
  let count = 0;
  for (const { sequence, data } of frames) {
    const frame = decodeFrame(data);
    if (!samePosition(frame.from, to)) throw new Error(`frame ${sequence} leaves a gap`);
    for (const event of frame.events) {
      if (!Bun.deepEquals(event, decided[count]?.event)) {
        throw new Error(`frame ${sequence}: event ${event.command}-${event.index} differs`);
      }
      count += 1;
    }
    const last = decided[count - 1];
    if (last === undefined || formatHash(last.hash) !== frame.hashAtTo) {
      throw new Error(`frame ${sequence}: the running hash differs`);
    }
    if (last.completes !== frame.complete || last.event.timeMs !== frame.timeMs) {
      throw new Error(`frame ${sequence}: its head does not say what its events do`);
    }
    ({ to } = frame);
  }
  if (count !== decided.length) throw new Error(`${decided.length - count} events are missing`);
}

async function waitForEvents(subject: MarketUnderTest, position: Position): Promise<void> {
  const name = stream.events(subject.market, 1);
  const limitMs = performance.now() + DRAIN_LIMIT_MS;
  for (;;) {
    const { state } = await subject.jsm.streams.info(name);
    if (state.messages > 0) {
      const message = await subject.jsm.streams.getMessage(name, { seq: state.last_seq });
      if (samePosition(decodeFrame(message.data).to, position)) return;
    }
    if (performance.now() > limitMs)
      throw new Error("the event log does not reach the last command");
    await Bun.sleep(POLL_MS);
  }
}

async function readLog(
  { connection, jsm }: MarketUnderTest,
  name: string,
): Promise<readonly LogMessage[]> {
  const { state } = await jsm.streams.info(name);
  const messages: LogMessage[] = [];
  if (state.messages === 0) return messages;
  const whole = Promise.withResolvers<void>();
  const follower = followStream({
    connection,
    stream: name,
    after: 0,
    batchMax: 1000,
    handle: (batch) => {
      messages.push(...batch);
      if (messages.length >= state.last_seq) whole.resolve();
    },
  });
  await whole.promise;
  await follower.stop();
  return messages.slice(0, state.last_seq);
}
