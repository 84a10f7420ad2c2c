/**
 * Order flow from many accounts: orders around a middle price, most of which rest and some of which trade, and
 * cancels of what rests, so that the book keeps about the same depth however long it runs.
 */

import type { Random } from "../random.ts";
import { randomBetween } from "../random.ts";

export interface FlowOptions {
  readonly accounts: number;
  /** Of all commands, 0 to 1. Only an account with a resting order can cancel. */
  readonly cancelShare: number;
  readonly random: Random;
  /** Between bids and asks. Absent: where a market of the bench has it. */
  readonly middleTicks?: number;
}

export type FlowCommand =
  | {
      readonly kind: "place";
      readonly account: number;
      readonly side: "buy" | "sell";
      readonly priceTicks: number;
      readonly qtyLots: number;
    }
  | { readonly kind: "cancel"; readonly account: number; readonly orderId: string };

export interface Flow {
  next(): FlowCommand;
  /** An order of this account went into the book. */
  rested(account: number, orderId: string): void;
}

const MIDDLE_TICKS = 25_000;
/** With more than this an account cancels before it places again. */
const RESTING_MAX = 20;
/** How far from the middle an order may stand. */
const SPREAD_TICKS = 50;
/** Reaches across the middle by this much, where others rest. */
const AGGRESSIVE_TICKS = 5;
const AGGRESSIVE_SHARE = 0.15;
const QTY_LOTS = { least: 1_000, most: 1_000_000 } as const;

export function createFlow(options: FlowOptions): Flow {
  const { accounts, cancelShare, random, middleTicks = MIDDLE_TICKS } = options;
  const resting: string[][] = Array.from({ length: accounts }, () => []);
  return {
    next() {
      const account = randomBetween(random, 0, accounts - 1);
      const own = resting[account] ?? [];
      const isCancel = random() < cancelShare || own.length > RESTING_MAX;
      const orderId = isCancel ? own.shift() : undefined;
      if (orderId !== undefined) return { kind: "cancel", account, orderId };
      const side = random() < 0.5 ? "buy" : "sell";
      const away =
        random() < AGGRESSIVE_SHARE
          ? -randomBetween(random, 0, AGGRESSIVE_TICKS)
          : randomBetween(random, 1, SPREAD_TICKS);
      return {
        kind: "place",
        account,
        side,
        priceTicks: side === "buy" ? middleTicks - away : middleTicks + away,
        qtyLots: randomBetween(random, QTY_LOTS.least, QTY_LOTS.most),
      };
    },
    rested(account, orderId) {
      resting[account]?.push(orderId);
    },
  };
}
