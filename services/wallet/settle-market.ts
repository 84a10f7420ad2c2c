/** Settlement of one market for as long as this wallet has its lease: follow the event log, look for what is due. */

import { isMysqlAway } from "@exchange/store";
import { decodeFrame, stream } from "@exchange/streams";
import { assert } from "@exchange/streams/contract";
import type { Market } from "@exchange/streams/contract";
import { epochAfter, pollStream } from "@exchange/streams/runtime";
import type { EpochLog, Follower, LogMessage } from "@exchange/streams/runtime";
import type { JetStreamManager, NatsConnection } from "nats";

import type { NumberedFrame, SettlementCursor } from "./cursor.ts";
import { createCursor, readCursor } from "./cursor.ts";
import type { SettlerDeps } from "./settler.ts";
import { createSettler } from "./settler.ts";

const SCAN_EVERY_MS = 500;
/** A look at what this process remembers. What is due waits for it. */
const TICK_LOOK_EVERY_MS = 100;
/** No order waits for settlement, and a transaction costs much the same for one frame as for ten. */
const SETTLE_EVERY_MS = 60;
/** Frames handed over at once; the settler cuts them into transactions. */
const BATCH_FRAMES_MAX = 500;

export interface SettleMarketDeps extends Omit<SettlerDeps, "signal"> {
  readonly connection: NatsConnection;
  readonly jsm: JetStreamManager;
}

export interface MarketSettlement {
  /** As far as this wallet knows. */
  readonly cursor: SettlementCursor;
  /**
   * Settles when it ended: when it was stopped, or had settled an epoch that is over. Rejects after a broken
   * invariant: then the market must not go on.
   */
  readonly closed: Promise<void>;
  /** Finishes the transaction in hand, unless MySQL is away. */
  stop(): Promise<void>;
}

/** Undefined when `stopping` ended the wait for servers that are away. */
export async function settleMarket(
  deps: SettleMarketDeps,
  defined: Market,
  stopping: AbortSignal,
): Promise<MarketSettlement | undefined> {
  const cursor = await openCursor(deps, defined, stopping);
  if (cursor === undefined) return undefined;
  const log = await epochAfter(deps.jsm, defined, { cursor, signal: stopping });
  return stopping.aborted ? undefined : follow(deps, { defined, cursor, log });
}

interface Opened {
  readonly defined: Market;
  readonly cursor: SettlementCursor;
  readonly log: EpochLog;
}

function follow(
  deps: SettleMarketDeps,
  { defined, cursor, log: { epoch, last } }: Opened,
): MarketSettlement {
  const ending = new AbortController();
  const { signal } = ending;
  // Ticks go there as well: a log that is over does not take them.
  const market = { ...defined, epoch };
  const settler = createSettler({ ...deps, signal }, market, cursor);
  const follower = pollStream({
    connection: deps.connection,
    everyMs: SETTLE_EVERY_MS,
    stream: stream.events(market.market, market.epoch),
    after: settler.cursor.sequence,
    batchMax: BATCH_FRAMES_MAX,
    async handle(batch) {
      await settler.settle(batch.map(decodeMessage));
      if (last !== undefined && settler.cursor.sequence >= last) ending.abort();
    },
  });
  signal.addEventListener("abort", () => void follower.stop());
  const scanning = repeat(signal, SCAN_EVERY_MS, async () => {
    deps.metrics.settlementQueueFrames.set({ market: market.market }, follower.queued);
    await settler.scan();
  });
  const ticking = repeat(signal, TICK_LOOK_EVERY_MS, async () => await settler.tick());
  const closed = endTogether({ ending, follower, loops: [scanning, ticking] });
  return {
    get cursor() {
      return settler.cursor;
    },
    closed,
    async stop() {
      ending.abort();
      await follower.stop();
      // A failure is reported by whoever waits for the end, not by whoever asks for it.
      await Promise.allSettled([closed]);
    },
  };
}

/** The stored cursor, created where the market was never settled. Undefined when stopped while MySQL is away. */
async function openCursor(
  { db, patience }: SettleMarketDeps,
  market: Market,
  signal: AbortSignal,
): Promise<SettlementCursor | undefined> {
  const open = async (): Promise<SettlementCursor> => {
    await createCursor(db, market);
    const cursor = await readCursor(db, market.market);
    assert(cursor !== undefined, `${market.market} has no settlement cursor`);
    return cursor;
  };
  try {
    return await patience.retry(open, { signal });
  } catch (error) {
    if (signal.aborted && isMysqlAway(error)) return undefined;
    throw error;
  }
}

function decodeMessage({ sequence, data }: LogMessage): NumberedFrame {
  return { sequence, frame: decodeFrame(data) };
}

async function repeat(
  signal: AbortSignal,
  everyMs: number,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await work();
    await Bun.sleep(everyMs);
  }
}

interface Parts {
  readonly ending: AbortController;
  readonly follower: Follower;
  readonly loops: readonly Promise<void>[];
}

/** The end of one part ends the others. What is stopped on purpose may be cut short; anything else is a failure. */
async function endTogether({ ending, follower, loops }: Parts): Promise<void> {
  try {
    await Promise.race([follower.closed, ...loops]);
  } catch (error) {
    if (!ending.signal.aborted) throw error;
  } finally {
    ending.abort();
    await follower.stop();
    await Promise.allSettled(loops);
  }
}
