/** What the wallet is given to do: holds of many accounts, and what an engine would say of their orders. */

import { randomBytes } from "node:crypto";

import type { HoldRequest, Side } from "@exchange/streams/contract";
import { assert, holdAmount, holdAsset } from "@exchange/streams/contract";
import type { BenchWallet, MarketScript, ScriptOrder } from "@exchange/wallet/testing/live";
import { spendMaxOf, testMarket } from "@exchange/wallet/testing/live";

export const ACCOUNTS = 100;
const TICKS = 10;

export interface SceneOrder {
  readonly accountId: number;
  readonly side: Side;
  readonly lots: number;
}

export function holdRequestOf(order: SceneOrder): HoldRequest {
  const { accountId, side, lots } = order;
  return {
    accountId,
    market: testMarket.market,
    clientOrderId: randomBytes(16).toString("hex"),
    requestHash: "0".repeat(64),
    attempt: randomBytes(16).toString("hex"),
    asset: holdAsset(testMarket, side),
    amount: String(holdAmount(testMarket, side, spendMaxOf({ side, ticks: TICKS, lots }))),
  };
}

/** Holds for the orders, in one transaction. */
export async function place(
  wallet: BenchWallet,
  orders: readonly SceneOrder[],
): Promise<ScriptOrder[]> {
  const requests = orders.map(holdRequestOf);
  const decisions = await wallet.place(requests);
  return orders.map((order, index) => {
    const decision = decisions[index];
    const request = requests[index];
    assert(decision?.kind === "held" && request !== undefined, "the accounts are rich");
    const { accountId, side, lots } = order;
    const shape = { side, ticks: TICKS, lots };
    return {
      ...shape,
      accountId,
      clientOrderId: request.clientOrderId,
      holdId: decision.holdId,
      open: lots,
      remaining: spendMaxOf(shape),
    };
  });
}

/** Sellers and buyers of the accounts in turn, one lot each. */
export function pairsOfOrders(pairs: number): SceneOrder[] {
  return Array.from({ length: pairs * 2 }, (_, index) => ({
    accountId: 1 + (index % ACCOUNTS),
    side: index % 2 === 0 ? "sell" : "buy",
    lots: 1,
  }));
}

/** Each two neighbours trade. */
export function tradePairs(
  script: MarketScript,
  orders: readonly ScriptOrder[],
  timeMs: number,
): void {
  for (let index = 0; index + 1 < orders.length; index += 2) {
    const [maker, taker] = [orders[index], orders[index + 1]];
    assert(maker !== undefined && taker !== undefined, "orders come in pairs");
    script.accept(maker, timeMs);
    script.accept(taker, timeMs);
    script.trade(maker, taker, { lots: 1, timeMs });
  }
}
