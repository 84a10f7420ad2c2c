/**
 * A market's logs begin anew while it trades: ARCHITECTURE.md, "Epochs". Each step can be done again, and each looks
 * at what is there, so whoever dies in between is followed by whoever rotates next. The definition comes
 * last: until then everybody is in the old epoch, and what wants to be written waits for the new one.
 */

import {
  compareSnapshots,
  ContradictedSnapshot,
  makeCheckpoint,
} from "@exchange/engine/checkpoint";
import { openSnapshotStore } from "@exchange/engine/replay";
import { decodeRecord, stream } from "@exchange/streams";
import type { CommandPosition, Market } from "@exchange/streams/contract";
import { commandPosition, positionsOf } from "@exchange/streams/contract";
import type { Appended, LogOver } from "@exchange/streams/runtime";
import {
  createAppender,
  provisionEpoch,
  sealStream,
  writeMarketEpoch,
} from "@exchange/streams/runtime";
import type { NatsConnection } from "nats";

import type { Exchange } from "../../exchange/connect.ts";
import { lastSequence, waitForCommand } from "../../exchange/read-log.ts";
import { Failure } from "../../setup/failure.ts";
import { agreeWithLedger } from "./trial-balance.ts";
import { waitForReaders } from "./wait-for-readers.ts";

export interface Rotation {
  readonly exchange: Exchange;
  /** Of the one user who may create and seal streams. */
  readonly provision: NatsConnection;
  /** As it is defined before. */
  readonly market: Market;
}

type Step = (rotation: Rotation) => Promise<unknown>;

const steps = {
  "compare the snapshots": async (rotation) => await withSnapshots(rotation, compareSnapshots),
  "see that everybody is there": seeEverybody,
  "seal the commands": async ({ provision, market }) =>
    await sealStream(provision, stream.commands(market.market, market.epoch)),
  "wait for the engine": waitForEngine,
  "seal the events": async ({ provision, market }) =>
    await sealStream(provision, stream.events(market.market, market.epoch)),
  "wait for the readers": async ({ exchange, market }) => await waitForReaders(exchange, market),
  "write the checkpoint": async (rotation) =>
    await withSnapshots(rotation, async (deps) => {
      const { exchange, market } = rotation;
      return await makeCheckpoint(deps, async (balance) => {
        await agreeWithLedger(`${exchange.running.mysqlUrl}/exchange_wallet`, market, balance);
      });
    }),
  "make the next logs": makeLogs,
  "switch over": async ({ provision, market }) =>
    await writeMarketEpoch(provision, market.market, market.epoch + 1),
  "wait for the first event": openEpoch,
  "remove the old snapshots": removeSnapshots,
} as const satisfies Record<string, Step>;

export type StepName = keyof typeof steps;

/** Returns the new epoch. `onStep` is called before each. */
export async function rotateMarket(
  rotation: Rotation,
  onStep: (name: StepName) => void,
): Promise<number> {
  let name: StepName;
  for (name in steps) {
    onStep(name);
    await steps[name](rotation);
  }
  return rotation.market.epoch + 1;
}

/**
 * Nothing is sealed before everybody who has to come to the end was seen. The tick also keeps an epoch from being
 * empty: a reader's cursor goes from one epoch into the next by a frame.
 */
async function seeEverybody(rotation: Rotation): Promise<void> {
  const { exchange, market } = rotation;
  const { kind } = await appendTick(exchange.connection, market);
  // Whoever began to rotate before has seen them. A full log has no room for the tick, and is not empty.
  if (kind === "over") return;
  await waitForEngine(rotation);
  await waitForReaders(exchange, market);
}

/** Until the event log has all that the commands so far lead to. */
async function waitForEngine({ exchange, provision, market }: Rotation): Promise<void> {
  const last = await readLastCommand(provision, market);
  if (last !== undefined) await waitForCommand(exchange.connection, market, last);
}

/** Undefined where the epoch has no commands. */
async function readLastCommand(
  provision: NatsConnection,
  { market, epoch }: Market,
): Promise<CommandPosition | undefined> {
  const jsm = await provision.jetstreamManager();
  const name = stream.commands(market, epoch);
  const { state } = await jsm.streams.info(name);
  if (state.messages === 0) return undefined;
  const record = await jsm.streams.getMessage(name, { seq: state.last_seq });
  let index = 0;
  for (const command of decodeRecord(record.data).commands.slice(0, -1)) {
    index += positionsOf(command);
  }
  return commandPosition(state.last_seq, index);
}

async function withSnapshots(
  { provision, market }: Rotation,
  work: (deps: Parameters<typeof makeCheckpoint>[0]) => Promise<unknown>,
): Promise<void> {
  try {
    await work({
      connection: provision,
      jsm: await provision.jetstreamManager(),
      snapshots: await openSnapshotStore(provision),
      market: market.market,
      epoch: market.epoch,
      onSkipped: () => undefined,
    });
  } catch (error) {
    if (!(error instanceof ContradictedSnapshot)) throw error;
    throw new Failure(`${market.market}: ${error.message}.`, { cause: error });
  }
}

/**
 * Engines start from the checkpoint now. Those of earlier epochs go as well: whoever rotated then may have died before
 * this, and an engine that was late may have written one again, which nobody reads.
 */
async function removeSnapshots({ provision, market }: Rotation): Promise<void> {
  const snapshots = await openSnapshotStore(provision);
  for (let { epoch } = market; epoch >= 1; epoch -= 1) {
    await snapshots.removeAll(market.market, epoch);
  }
}

/** Sequences go on, so that ids of orders and places in the event log do. */
async function makeLogs({ provision, market }: Rotation): Promise<void> {
  const { market: id, epoch } = market;
  await provisionEpoch(
    provision,
    { market: id, epoch: epoch + 1 },
    {
      command: (await lastSequence(provision, stream.commands(id, epoch))) + 1,
      event: (await lastSequence(provision, stream.events(id, epoch))) + 1,
    },
  );
}

/** Shows that somebody matches in the new epoch. Where it is over as well, somebody rotated again and saw it. */
async function openEpoch({ exchange, market }: Rotation): Promise<void> {
  const next = { ...market, epoch: market.epoch + 1 };
  const appended = await appendTick(exchange.connection, next);
  if (appended.kind === "full") throw new Failure(`Epoch ${next.epoch} takes no commands.`);
  if (appended.kind === "stored") {
    await waitForCommand(exchange.connection, next, appended.position);
  }
}

async function appendTick(
  connection: NatsConnection,
  { market, epoch }: Market,
): Promise<Appended | LogOver> {
  const jsm = await connection.jetstreamManager();
  const appender = createAppender({ connection, jsm, market, epoch });
  try {
    return await appender.append({ kind: "Tick" });
  } finally {
    await appender.close();
  }
}
