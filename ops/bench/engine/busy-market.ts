/** A market as real ones are: it has rules, and in its book are stops, trailing stops and orders that expire. */

import type { Memory } from "@exchange/engine/order-flow";
import { createMemory, playCommand, prepareMemory } from "@exchange/engine/order-flow";
import type { Command, OrderTerms, Side } from "@exchange/streams/contract";
import { assertPriceTicks, assertQtyLots, assertSpendUnits } from "@exchange/streams/contract";

const START_TICKS = 33_500;
const STOPS = 4000;
const TRAILING = 400;
const EXPIRING = 2000;
const ACCOUNTS = 50;
const FIRST_ACCOUNT = 1000;
const MIDDLE_LOTS = 1;
/** The flow's whole time is before it. */
const EXPIRE_MS = 1_000_000;
const DAY_MS = 86_400_000;
/** They differ by what these leave over. */
const TRIGGER_STEP = 7;
const TRAIL_MIN_TICKS = 50;
const PROTECTION_TICKS = 1000;

const commands = makeCommands();
/** Commands that such a market has seen before a flow begins. */
export const BUSY_COMMANDS = commands.length;

export function createBusyMarket(): Memory {
  const memory = createMemory(65_536);
  for (const [index, command] of commands.entries()) playCommand(memory, index + 1, command);
  prepareMemory(memory);
  return memory;
}

function makeCommands(): Command[] {
  const far = { price: START_TICKS, qty: MIDDLE_LOTS };
  return [
    rules(),
    // The first trade gives trailing stops a price to trail.
    place(0, limit({ ...far, side: "sell" })),
    place(1, limit({ ...far, side: "buy" })),
    ...Array.from({ length: STOPS }, (_, index) => place(index, stop(index))),
    ...Array.from({ length: TRAILING }, (_, index) => place(index, trailing(index))),
    ...Array.from({ length: EXPIRING }, (_, index) => place(index, expiring(index))),
  ];
}

/** Wide enough that nothing is refused or halted: what is timed is looking at them. */
function rules(): Command {
  return {
    kind: "SetMarketRules",
    definitionVersion: 2,
    rules: {
      notionalMin: assertSpendUnits(1),
      qtyMaxLots: assertQtyLots(1_000_000),
      openOrdersMax: 10_000_000,
      collarPpm: 900_000,
      volatilityHalt: { bandPpm: 1_000_000, windowMs: DAY_MS, auctionMs: DAY_MS },
    },
  };
}

function place(index: number, terms: OrderTerms): Command {
  return {
    kind: "PlaceOrder",
    accountId: FIRST_ACCOUNT + (index % ACCOUNTS),
    clientOrderId: "bench",
    holdId: 1 + index,
    deadlineMs: DAY_MS,
    definitionVersion: 2,
    makerFeePpm: 0,
    takerFeePpm: 0,
    terms,
  };
}

interface Plain {
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
}

function limit({ side, price, qty }: Plain): OrderTerms {
  return {
    side,
    type: "limit",
    timeInForce: "GTC",
    postOnly: false,
    sizing: "quantity",
    priceTicks: assertPriceTicks(price),
    qtyLots: assertQtyLots(qty),
    spendMax: assertSpendUnits(side === "buy" ? price * qty : qty),
  };
}

/** Above the price for those that buy and below it for those that sell. They do not chase the price: the book is thin at first. */
function stop(index: number): OrderTerms {
  const side = sideOf(index);
  const away = 1 + ((index * TRIGGER_STEP) % STOPS);
  const trigger = side === "buy" ? START_TICKS + away : START_TICKS - away;
  return {
    ...limit({ side, price: trigger, qty: 1 }),
    type: "stop-limit",
    triggerTicks: assertPriceTicks(trigger),
  };
}

function trailing(index: number): OrderTerms {
  const side = sideOf(index);
  return {
    ...limit({ side, price: protection(side), qty: 1 }),
    type: "trailing-stop-market",
    trailingOffsetTicks: assertPriceTicks(TRAIL_MIN_TICKS + index),
  };
}

function expiring(index: number): OrderTerms {
  const side = sideOf(index);
  const away = START_TICKS / 2 + (index % 1000);
  const price = side === "buy" ? START_TICKS - away : START_TICKS + away;
  return { ...limit({ side, price, qty: 1 }), timeInForce: "GTD", expireTimeMs: EXPIRE_MS };
}

function sideOf(index: number): Side {
  return index % 2 === 0 ? "buy" : "sell";
}

/** The worst price that an order without a limit may trade at. */
function protection(side: Side): number {
  return side === "buy" ? START_TICKS + PROTECTION_TICKS : START_TICKS - PROTECTION_TICKS;
}
