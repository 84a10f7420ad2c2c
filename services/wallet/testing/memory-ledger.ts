/** A market's rows in memory, for tests of the pure rules. */

import type { HoldId, Market, Side } from "@exchange/streams/contract";
import { createMarket, holdAmount, holdAsset } from "@exchange/streams/contract";
import { btcUsd } from "@exchange/streams/testing";

import type { SettlementState } from "../hold-use.ts";
import type { Hold } from "../hold.ts";
import { countFrom } from "../id-blocks.ts";
import type { Ledger, LedgerBalance, Owner } from "../ledger.ts";
import { balanceOf, createLedger, post } from "../ledger.ts";
import { noReversals } from "../reversal.ts";
import type { ScriptOrder } from "./market-script.ts";
import { spendMaxOf } from "./market-script.ts";

export const testMarket: Market = createMarket(btcUsd);

export interface MemoryMarket extends SettlementState {
  readonly holds: Map<HoldId, Hold>;
}

/** Each account gets `funds` units of both assets out of custody. */
export function createMemoryMarket(accountIds: readonly number[], funds: bigint): MemoryMarket {
  const owners: readonly Owner[] = [
    ...accountIds,
    "custody",
    "shortfall",
    `fees.${testMarket.market}`,
  ];
  const assets = [testMarket.base, testMarket.quote];
  const balances = owners.flatMap((owner) => assets.map((asset) => emptyBalance(owner, asset)));
  const ledger = createLedger(balances, countFrom(1));
  for (const accountId of accountIds) {
    for (const asset of assets) {
      post(ledger, {
        reason: "deposit",
        reference: `${accountId}`,
        timeMs: 0,
        changes: [
          { balance: balanceOf(ledger, accountId, asset), available: funds, held: 0n },
          { balance: balanceOf(ledger, "custody", asset), available: -funds, held: 0n },
        ],
      });
    }
  }
  return { market: testMarket, ledger, holds: new Map(), reversals: noReversals() };
}

/** A pending hold for all that the order may spend. */
export function holdFor(state: MemoryMarket, order: ScriptOrder, deadlineMs: number): Hold {
  const { holdId, accountId, side } = order;
  return holdInMemory(state, { holdId, accountId, side, units: spendMaxOf(order), deadlineMs });
}

export interface MemoryHold extends Pick<Hold, "holdId" | "accountId" | "deadlineMs"> {
  readonly side: Side;
  /** Spend units of an order of that side. */
  readonly units: number;
}

export function holdInMemory(state: MemoryMarket, wanted: MemoryHold): Hold {
  const { holdId, accountId, side, units, deadlineMs } = wanted;
  const amount: bigint = holdAmount(state.market, side, units);
  const asset = holdAsset(state.market, side);
  const hold: Hold = {
    holdId,
    accountId,
    market: state.market.market,
    asset,
    amount,
    deadlineMs,
    remaining: amount,
    state: "PENDING",
  };
  const balance = balanceOf(state.ledger, accountId, asset);
  post(state.ledger, {
    reason: "hold",
    reference: `${hold.holdId}`,
    timeMs: 0,
    changes: [{ balance, available: -amount, held: amount }],
  });
  state.holds.set(hold.holdId, hold);
  return hold;
}

export function scriptOrder(
  order: Pick<ScriptOrder, "holdId" | "accountId" | "side" | "ticks" | "lots">,
): ScriptOrder {
  return {
    ...order,
    clientOrderId: `order-${order.holdId}`,
    open: order.lots,
    remaining: spendMaxOf(order),
  };
}

/** What the ledger's rows must obey at any moment, however they came about. */
export function memoryViolations({
  ledger,
  holds,
}: Pick<MemoryMarket, "ledger" | "holds">): string[] {
  const violations: string[] = [];
  const totals = new Map<string, bigint>();
  for (const { owner, asset, available, held } of ledger.balances.values()) {
    totals.set(asset, (totals.get(asset) ?? 0n) + available + held);
    if (owner !== "custody" && owner !== "shortfall" && available < 0n)
      violations.push(`${owner}/${asset} is negative`);
    const holding = [...holds.values()].filter(
      (hold) => hold.accountId === owner && hold.asset === asset,
    );
    const remaining = holding.reduce((sum, hold) => sum + hold.remaining, 0n);
    if (held !== remaining)
      violations.push(`${owner}/${asset} holds ${held}, its holds ${remaining}`);
  }
  for (const [asset, total] of totals) {
    if (total !== 0n) violations.push(`${asset} sums to ${total}`);
  }
  return [...violations, ...postingViolations(ledger)];
}

function postingViolations({ postings }: Ledger): string[] {
  const sums = new Map<string, bigint>();
  for (const { transactionId, asset, availableChange, heldChange } of postings) {
    const key = `transaction ${transactionId} in ${asset}`;
    sums.set(key, (sums.get(key) ?? 0n) + availableChange + heldChange);
  }
  return [...sums].filter(([, sum]) => sum !== 0n).map(([key, sum]) => `${key} sums to ${sum}`);
}

function emptyBalance(owner: Owner, asset: string): LedgerBalance {
  return { owner, asset, available: 0n, held: 0n, version: 0, storedVersion: 0 };
}
