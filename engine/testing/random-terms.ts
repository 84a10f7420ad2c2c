/** Order terms and market rules from dice: every feature, mostly well formed. */

import type {
  OrderTerms,
  OrderType,
  Side,
  TimeInForce,
  TradingRules,
} from "@exchange/streams/contract";
import {
  assertPriceTicks,
  assertQtyLots,
  assertSpendUnits,
  isConditional,
  PRICE_TICKS_MAX,
} from "@exchange/streams/contract";

import type { Dice } from "./dice.ts";

export interface Surroundings {
  /** Price around which things happen, ticks. */
  readonly center: number;
  readonly timeMs: number;
  /** Only terms that every market has always known. */
  readonly plain: boolean;
  /** How far from the center orders lie, ticks. */
  readonly spread: number;
  /** One price in so many is as far away as prices go. */
  readonly extremeOnceIn: number;
  /** One order in so many waits for a trigger. */
  readonly waitsOnceIn: number;
}

const LOTS = 12;
const preventions = ["none", "cancel-newest", "cancel-oldest", "cancel-both", "decrement"] as const;

export function randomTerms(dice: Dice, around: Surroundings): OrderTerms {
  const side = randomSide(dice);
  const type = around.plain ? plainType(dice) : anyType(dice, around.waitsOnceIn);
  const isBudget = side === "buy" && isPriceless(type) && dice.chance(3);
  const price = randomPrice(dice, around, isPriceless(type) ? side : undefined);
  const lots = isBudget ? 0 : randomLots(dice);
  const shape = around.plain
    ? plainShape(dice, type)
    : anyShape(dice, { type, lots, timeMs: around.timeMs });
  const spend = isBudget ? 1 + dice.below(1500) : spendOf(side, price, lots);
  return {
    side,
    type,
    ...shape,
    sizing: isBudget ? "budget" : "quantity",
    priceTicks: assertPriceTicks(price),
    qtyLots: assertQtyLots(lots),
    spendMax: assertSpendUnits(safe(spend + (dice.chance(80) ? 1 : 0))),
    ...triggerOf(dice, type, around),
    ...(!around.plain && dice.chance(4) && { selfTradePrevention: dice.pick(preventions) }),
  };
}

/** Two legs that mostly go together. */
export function randomLegs(dice: Dice, around: Surroundings): [OrderTerms, OrderTerms] {
  const side = randomSide(dice);
  const lots = 1 + dice.below(LOTS);
  const beyond = side === "buy" ? -1 : 1;
  const limit = around.center + beyond * (1 + dice.below(around.spread));
  const stop = around.center - beyond * (1 + dice.below(around.spread));
  const isLimit = !dice.chance(4);
  const first: OrderTerms = {
    ...leg(side, lots, Math.max(1, limit)),
    type: isLimit ? "limit" : "limit-if-touched",
    postOnly: isLimit,
    ...(!isLimit && { triggerTicks: assertPriceTicks(Math.max(1, limit)) }),
  };
  const trails = dice.chance(4);
  const protection = stop - beyond * dice.below(4);
  const second: OrderTerms = {
    ...leg(side, dice.chance(15) ? lots + 1 : lots, Math.max(1, protection)),
    type: trails ? "trailing-stop-market" : dice.pick(["stop-market", "stop-limit"] as const),
    ...(trails
      ? { trailingOffsetTicks: assertPriceTicks(1 + dice.below(6)) }
      : { triggerTicks: assertPriceTicks(Math.max(1, stop)) }),
  };
  return [first, second];
}

export function randomRules(dice: Dice, { center, ordersMax }: RulesOf): TradingRules {
  return {
    ...(dice.chance(4) && { notionalMin: assertSpendUnits(1 + dice.below(3 * center)) }),
    ...(dice.chance(4) && { qtyMaxLots: assertQtyLots(1 + dice.below(4 * LOTS)) }),
    ...(dice.chance(3) && { openOrdersMax: dice.below(ordersMax) }),
    ...(dice.chance(2) && { selfTradePrevention: dice.pick(preventions) }),
    ...(dice.chance(3) && { collarPpm: 20_000 + dice.below(200_000) }),
    ...(dice.chance(3) && { referenceTicks: assertPriceTicks(center) }),
    ...(dice.chance(3) && {
      volatilityHalt: {
        bandPpm: 10_000 + dice.below(60_000),
        windowMs: 1 + dice.below(400),
        auctionMs: 1 + dice.below(200),
      },
    }),
  };
}

export interface RulesOf {
  readonly center: number;
  /** Open orders of an account, at most. */
  readonly ordersMax: number;
}

export function spendOf(side: Side, price: number, lots: number): number {
  return side === "buy" ? price * lots : lots;
}

/** Mostly few; now and then so many that a few such orders are more than a book may have. */
function randomLots(dice: Dice): number {
  if (dice.chance(80)) return 2 ** (20 + dice.below(33)) - dice.below(3);
  return 1 + dice.below(dice.chance(8) ? 6 * LOTS : LOTS);
}

/** What cannot be counted is refused, but first it has to be asked. */
function safe(units: number): number {
  return Math.min(units, Number.MAX_SAFE_INTEGER);
}

/** Mostly near; now and then as far as prices go. A price that protects lies on the far side. */
export function randomPrice(
  dice: Dice,
  { center, spread, extremeOnceIn }: Surroundings,
  protects?: Side,
): number {
  if (dice.chance(extremeOnceIn)) return dice.chance(2) ? 1 : PRICE_TICKS_MAX;
  const away = dice.below(2 * spread + 1) - spread;
  if (protects === undefined) return Math.max(1, center + away);
  const beyond = protects === "buy" ? 1 : -1;
  return Math.max(1, center + beyond * Math.abs(away) * 2);
}

function randomSide(dice: Dice): Side {
  return dice.chance(2) ? "buy" : "sell";
}

type Shape = Pick<
  OrderTerms,
  "timeInForce" | "postOnly" | "postOnlySlide" | "displayLots" | "expireTimeMs"
>;

function plainType(dice: Dice): OrderType {
  return dice.chance(6) ? "market" : "limit";
}

function anyType(dice: Dice, waitsOnceIn: number): OrderType {
  if (!dice.chance(waitsOnceIn)) return plainType(dice);
  return dice.pick([
    "stop-market",
    "stop-limit",
    "market-if-touched",
    "limit-if-touched",
    "trailing-stop-market",
  ] as const);
}

function isPriceless(type: OrderType): boolean {
  return type !== "limit" && type !== "stop-limit" && type !== "limit-if-touched";
}

function plainShape(dice: Dice, type: OrderType): Shape {
  if (type === "market") return { timeInForce: dice.chance(8) ? "FOK" : "IOC", postOnly: false };
  const timeInForce: TimeInForce = dice.pick(["GTC", "GTC", "GTC", "GTC", "IOC", "FOK"] as const);
  return { timeInForce, postOnly: dice.chance(8) };
}

interface ShapeOf {
  readonly type: OrderType;
  readonly lots: number;
  readonly timeMs: number;
}

function anyShape(dice: Dice, { type, lots, timeMs }: ShapeOf): Shape {
  const isGtd = type !== "market" && dice.chance(6);
  const expireTimeMs = timeMs + dice.below(400) - 3;
  const plain = isConditional(type)
    ? { timeInForce: "GTC" as const, postOnly: dice.chance(60) }
    : plainShape(dice, type);
  const shape: Shape = isGtd ? { ...plain, timeInForce: "GTD", expireTimeMs } : plain;
  if (type !== "limit") return shape;
  const mayRest = shape.timeInForce === "GTC" || isGtd;
  return {
    ...shape,
    ...(shape.postOnly && mayRest && dice.chance(2) && { postOnlySlide: true }),
    ...(mayRest && dice.chance(5) && { displayLots: assertQtyLots(1 + dice.below(lots)) }),
  };
}

function triggerOf(
  dice: Dice,
  type: OrderType,
  { center, spread }: Surroundings,
): Pick<OrderTerms, "triggerTicks" | "trailingOffsetTicks"> {
  if (!isConditional(type)) return {};
  if (type === "trailing-stop-market") {
    return { trailingOffsetTicks: assertPriceTicks(1 + dice.below(spread)) };
  }
  const away = dice.below(2 * spread) - spread + 1;
  return { triggerTicks: assertPriceTicks(Math.max(1, center + away)) };
}

function leg(side: Side, lots: number, price: number): Omit<OrderTerms, "type"> {
  return {
    side,
    timeInForce: "GTC",
    postOnly: false,
    sizing: "quantity",
    priceTicks: assertPriceTicks(price),
    qtyLots: assertQtyLots(lots),
    spendMax: assertSpendUnits(spendOf(side, price, lots)),
  };
}
