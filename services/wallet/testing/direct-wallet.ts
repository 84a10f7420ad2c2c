/** The wallet's use cases over a database of their own, without NATS: one transaction at a time, by hand. */

import type { HoldRequest } from "@exchange/streams/contract";
import { assert, holdAmount, holdAsset } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { NumberedFrame, SettlementCursor } from "../cursor.ts";
import { createCursor, readCursor } from "../cursor.ts";
import { depositFunds } from "../deposit-funds.ts";
import { readOverdue } from "../hold-groups.ts";
import { createHoldMemory } from "../hold-memory.ts";
import type { Hold } from "../hold.ts";
import { createIdBlocks } from "../id-blocks.ts";
import { createBalanceRegister } from "../ledger-store.ts";
import type { FundingDeps } from "../move-funds.ts";
import type { PlaceHoldsDeps } from "../place-holds.ts";
import { placeHolds } from "../place-holds.ts";
import type { Settled } from "../settle-frames.ts";
import { settleFrames } from "../settle-frames.ts";
import { createSettledTimes } from "../settled-times.ts";
import type { Db } from "../tables.ts";
import type { ScriptOrder } from "./market-script.ts";
import { spendMaxOf } from "./market-script.ts";
import { testMarket } from "./memory-ledger.ts";
import { heldOf, holdRequest } from "./scratch-wallet.ts";

export interface DirectWallet {
  deposit(accountId: number, asset: string, amount: bigint): Promise<Reply<unknown>>;
  place(requests: readonly HoldRequest[]): ReturnType<typeof placeHolds>;
  /** Holds for an order of the test market. */
  order(
    order: Pick<ScriptOrder, "accountId" | "clientOrderId" | "side" | "ticks" | "lots">,
  ): Promise<ScriptOrder & { readonly deadlineMs: number }>;
  cursor(): Promise<SettlementCursor>;
  /** Settles behind the given cursor, by default the stored one. */
  settle(frames: readonly NumberedFrame[], cursor?: SettlementCursor): Promise<Settled>;
  /** By default what is overdue by the stored cursor's time. */
  release(overdue?: readonly Hold[]): Promise<Settled>;
}

export async function createDirectWallet(
  db: Db,
  nowMs: () => number = Date.now,
): Promise<DirectWallet> {
  const deps: FundingDeps & PlaceHoldsDeps = {
    db,
    holdMemory: createHoldMemory(),
    holdIds: createIdBlocks(db, "hold"),
    transactionIds: createIdBlocks(db, "transaction"),
    settledTimes: createSettledTimes({ db, maxAgeMs: 0 }),
    register: createBalanceRegister(db, ignore),
    asset: (asset) => ({ asset, scale: 8, payoutScale: 8 }),
    nowMs,
    onRetry: ignore,
    onChanged: ignore,
  };
  await createCursor(db, testMarket);
  const cursor = async (): Promise<SettlementCursor> => {
    const stored = await readCursor(db, testMarket.market);
    assert(stored !== undefined, "the cursor was created");
    return stored;
  };
  return {
    cursor,
    deposit: async (accountId, asset, amount) =>
      await depositFunds(
        { ...deps, testFunds: true },
        { accountId, asset, amount: String(amount), idempotencyKey: asset },
      ),
    place: async (requests) => await placeHolds(deps, requests),
    async order(order) {
      const { decisions } = await placeHolds(deps, [
        holdRequest({
          ...order,
          market: testMarket.market,
          asset: holdAsset(testMarket, order.side),
          amount: holdAmount(testMarket, order.side, spendMaxOf(order)),
        }),
      ]);
      const { holdId, deadlineMs } = heldOf(decisions[0]);
      return { ...order, holdId, deadlineMs, open: order.lots, remaining: spendMaxOf(order) };
    },
    settle: async (frames, from) =>
      await settleFrames(deps, {
        market: testMarket,
        cursor: from ?? (await cursor()),
        frames,
        overdue: [],
      }),
    async release(found) {
      const at = await cursor();
      const { market } = testMarket;
      const overdue = found ?? (await readOverdue(db, { market, timeMs: at.timeMs }));
      return await settleFrames(deps, { market: testMarket, cursor: at, frames: [], overdue });
    },
  };
}

function ignore(): void {}
