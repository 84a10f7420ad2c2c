/** Asking the wallet to set money aside for one attempt, in a market's units. */

import type { AccountId, Side } from "@exchange/streams/contract";
import { holdAmount, holdAsset } from "@exchange/streams/contract";

import type { OrderDeps } from "./deps.ts";
import type { Desk } from "./desk.ts";
import type { HoldOutcome } from "./hold-funds.ts";
import { mintAttempt } from "./request-hash.ts";

export interface MoneyWanted {
  readonly desk: Desk;
  readonly accountId: AccountId;
  /** What a repeat is told by. */
  readonly holdKey: string;
  readonly requestHash: string;
  readonly side: Side;
  /** Spend units of that side; zero where only repeats are to be told apart. */
  readonly units: number;
  readonly traceparent: string | undefined;
}

export async function holdMoney(
  { holdFunds, metrics }: Pick<OrderDeps, "holdFunds" | "metrics">,
  { desk, accountId, holdKey, requestHash, side, units, traceparent }: MoneyWanted,
): Promise<HoldOutcome> {
  const startedMs = performance.now();
  const outcome = await holdFunds({
    hold: {
      accountId,
      market: desk.market.market,
      clientOrderId: holdKey,
      requestHash,
      attempt: mintAttempt(),
      asset: holdAsset(desk.market, side),
      amount: holdAmount(desk.market, side, units).toString(),
    },
    traceparent,
  });
  metrics.holdWait.observe((performance.now() - startedMs) / 1000);
  return outcome;
}
