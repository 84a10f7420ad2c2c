/** Holds and settlement beside a bare insert of the same rows: in turns, in one run and in batches of the same size. */

import type { BenchWallet, MarketScript } from "@exchange/wallet/testing/live";

import type { FrameCount } from "./frames.ts";
import { holdRequestOf, pairsOfOrders, place, tradePairs } from "./scenes.ts";

export interface Bulk {
  readonly name: string;
  readonly rowsPerSecond: number;
  readonly bareRowsPerSecond: number;
  /** Of the two. */
  readonly ratio: number;
  /** Of one transaction, on average. */
  readonly transactionMs: number;
}

const WARM_UP_BATCHES = 20;

export async function measureHoldBatches(
  wallet: BenchWallet,
  { seconds, batch }: { readonly seconds: number; readonly batch: number },
): Promise<Bulk> {
  return await inTurns(wallet, {
    name: `holds with their postings, ${batch} a transaction`,
    seconds,
    tables: ["holds", "postings"],
    async prepare() {
      const requests = pairsOfOrders(batch / 2).map(holdRequestOf);
      return await Promise.resolve(async () => await wallet.place(requests));
    },
  });
}

interface SettlementOptions {
  readonly seconds: number;
  readonly trades: number;
  readonly frames: FrameCount;
  /** Goes on where the last frame ended. */
  readonly script: MarketScript;
}

export async function measureSettlement(
  wallet: BenchWallet,
  { seconds, trades, frames, script }: SettlementOptions,
): Promise<Bulk> {
  return await inTurns(wallet, {
    name: `settlement of ${trades} trades a transaction`,
    seconds,
    tables: ["postings"],
    async prepare() {
      const orders = await place(wallet, pairsOfOrders(trades));
      // What the holds wrote is not settlement's.
      await wallet.copyOfNewRows(["postings"]);
      tradePairs(script, orders, frames.timeMs());
      const frame = frames.number(script.frame(frames.timeMs()));
      return async () => await wallet.settle([frame]);
    },
  });
}

interface Turns {
  readonly name: string;
  readonly seconds: number;
  readonly tables: Parameters<BenchWallet["copyOfNewRows"]>[0];
  /** Makes the work of one turn, which is what is measured. */
  readonly prepare: () => Promise<() => Promise<unknown>>;
}

async function inTurns(
  wallet: BenchWallet,
  { name, seconds, tables, prepare }: Turns,
): Promise<Bulk> {
  let rows = 0;
  let workMs = 0;
  let bareMs = 0;
  let counted = 0;
  const endMs = performance.now() + seconds * 1000;
  for (let turn = 0; performance.now() < endMs || turn <= WARM_UP_BATCHES; turn += 1) {
    const work = await prepare();
    const tookMs = await timed(work);
    const copy = await wallet.copyOfNewRows(tables);
    const bareTookMs = await timed(async () => await wallet.insertBare(copy.texts));
    if (turn < WARM_UP_BATCHES) continue;
    counted += 1;
    rows += copy.rows;
    workMs += tookMs;
    bareMs += bareTookMs;
  }
  return {
    name,
    rowsPerSecond: Math.round((rows / workMs) * 1000),
    bareRowsPerSecond: Math.round((rows / bareMs) * 1000),
    ratio: Math.round((bareMs / workMs) * 100) / 100,
    transactionMs: Math.round((workMs / counted) * 10) / 10,
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
