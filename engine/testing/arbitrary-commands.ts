/** Random command sequences for property tests: few prices and accounts, so that much happens. */

import type { Command, OrderTerms, TimeInForce } from "@exchange/streams/contract";
import { assertPriceTicks, assertQtyLots, assertSpendUnits } from "@exchange/streams/contract";
import fc from "fast-check";

import type { CommandInput } from "../core/index.ts";

const ACCOUNTS = 4;
const VERSION = 1;

const base = {
  accountId: fc.integer({ min: 1, max: ACCOUNTS }),
  /** Now and then earlier than engine time. */
  deadlineMs: fc.oneof(
    { weight: 20, arbitrary: fc.constant(10 ** 9) },
    { weight: 1, arbitrary: fc.nat(400) },
  ),
};

/** Mostly back to trading. Closing is for good, so it is left to the scenarios. */
const marketStates = ["continuous", "continuous", "continuous", "cancel-only", "halted"] as const;

const anyTerms: fc.Arbitrary<OrderTerms> = fc
  .record({
    side: fc.constantFrom("buy" as const, "sell" as const),
    price: fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: 95, max: 105 }) },
      { weight: 1, arbitrary: fc.constantFrom(1, 2 ** 31 - 1) },
    ),
    lots: fc.integer({ min: 1, max: 12 }),
    kind: fc.constantFrom(
      "GTC",
      "GTC",
      "GTC",
      "GTC",
      "post-only",
      "IOC",
      "FOK",
      "market",
      "budget",
    ),
    excess: fc.oneof(
      { weight: 40, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constant(1) },
    ),
    budget: fc.integer({ min: 1, max: 2000 }),
  })
  .map(({ side, price, lots, kind, excess, budget }) => {
    const hasBudget = kind === "budget";
    const isMarket = kind === "market" || hasBudget;
    const spend = side === "buy" ? price * lots : lots;
    return {
      side: hasBudget ? "buy" : side,
      type: isMarket ? "market" : "limit",
      timeInForce: timeInForceOf(kind),
      postOnly: kind === "post-only",
      sizing: hasBudget ? "budget" : "quantity",
      priceTicks: assertPriceTicks(price),
      qtyLots: assertQtyLots(hasBudget ? 0 : lots),
      spendMax: assertSpendUnits((hasBudget ? budget : spend) + excess),
    };
  });

function timeInForceOf(kind: string): TimeInForce {
  if (kind === "FOK") return "FOK";
  return kind === "GTC" || kind === "post-only" ? "GTC" : "IOC";
}

const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      kind: fc.constant("PlaceOrder" as const),
      ...base,
      clientOrderId: fc.constant("c"),
      holdId: fc.nat(),
      definitionVersion: fc.constant(VERSION),
      makerFeePpm: fc.nat(3000),
      takerFeePpm: fc.nat(3000),
      terms: anyTerms,
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("CancelOrder" as const),
      ...base,
      orderId: fc.integer({ min: 1, max: 400 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("CancelAllOrders" as const), ...base }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("Tick" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("SetMarketState" as const),
      state: fc.constantFrom(...marketStates),
      definitionVersion: fc.constant(VERSION),
    }),
  },
);

/** Commands in log order: positions 1, 2, 3… and one millisecond between two commands. */
export function arbitraryLog(commandsMax: number): fc.Arbitrary<CommandInput[]> {
  return fc
    .array(fc.tuple(anyCommand, fc.nat(60)), { maxLength: commandsMax, size: "max" })
    .map((commands) => number(commands));
}

/** Each order has a hold of its own. Most commands follow the market's version, or the first admin command would end all trading. */
function number(drawn: readonly [Command, number][]): CommandInput[] {
  let version = VERSION;
  return drawn.map(([command, chance], place) => {
    const foreignEpoch = chance === 0;
    const isStale = chance === 1;
    const definitionVersion = version + (command.kind === "SetMarketState" && !isStale ? 1 : 0);
    if (command.kind === "SetMarketState" && !isStale && !foreignEpoch) version += 1;
    return {
      command: {
        ...command,
        ...(command.kind === "PlaceOrder" && { holdId: place + 1 }),
        ...("definitionVersion" in command && {
          definitionVersion: definitionVersion - Number(isStale),
        }),
      },
      position: place + 1,
      timeMs: place + 1,
      foreignEpoch,
    };
  });
}
