/**
 * Order flows of the kind that matching engines are measured with, the same for the same seed: a mid-price that
 * wanders, orders near it by a power law of depth, lives that are mostly short. Buys belong to the first half of the
 * price's path and sells to the second, and all arrive shuffled, so that the book is deep and prices jump.
 */

import type { OrderFlow } from "@exchange/engine/order-flow";
import { commandKind, createFlow, flag } from "@exchange/engine/order-flow";

import type { Random } from "../random.ts";
import { createRandom, randomBetween } from "../random.ts";

/** How far the mid-price moves over the whole flow, as a share: one standard deviation. */
const swings = {
  static: 0,
  normal: 0.02,
  "swing-25": 0.25,
  "swing-40": 0.4,
  "flash-crash": 0.6,
} as const;

export type FlowName = keyof typeof swings;

const START_TICKS = 33_500;
const DEPTH_MAX = 800;
const DEPTH_EXPONENT = 2.23;
/** Orders gather a few ticks away from the mid-price. */
const HUMP = { weight: 5, center: 8 } as const;
const SHARE = {
  immediate: 0.15,
  modified: 0.2,
  repriced: 0.8,
  cancelled: 0.95,
  stale: 0.02,
} as const;
const LOTS_MAX = 100;

interface Asked {
  readonly isBuy: boolean;
  readonly price: number;
  readonly lots: number;
}

interface Message extends Asked {
  readonly kind: number;
  readonly flags: number;
  /** Of the order it is about, in the order of arrival. */
  readonly order: number;
}

export function generateFlow(name: FlowName, orders: number, seed: number): OrderFlow {
  const random = createRandom(seed);
  const messages: Message[] = [];
  const asked = shuffled(askedAlong(swings[name], orders, random), random);
  for (const [order, one] of asked.entries()) addLife(messages, { order, one, random });
  const flow = createFlow(messages.length);
  const placedBy = new Int32Array(orders);
  for (const [row, { kind, flags, price, lots, order }] of messages.entries()) {
    flow.kinds[row] = kind;
    flow.flags[row] = flags;
    flow.prices[row] = price;
    flow.lots[row] = lots;
    flow.targets[row] = placedBy[order] ?? 0;
    if (kind !== commandKind.cancel) placedBy[order] = row + 1;
  }
  return flow;
}

/** Prices near a mid-price that makes small steps. */
function askedAlong(swing: number, orders: number, random: Random): Asked[] {
  const step = swing / Math.sqrt(orders);
  const depths = depthTable();
  let mid = START_TICKS;
  return Array.from({ length: orders }, (_, index) => {
    mid *= Math.exp(step * normal(random) - (step * step) / 2);
    const isBuy = index < orders / 2;
    const depth = 1 + drawDepth(depths, random);
    const price = Math.max(1, Math.round(mid) + (isBuy ? -depth : depth));
    return { isBuy, price, lots: randomBetween(random, 1, LOTS_MAX) };
  });
}

/** What happens to one order, at once: new orders arrive faster than any lives on average. */
function addLife(
  messages: Message[],
  { order, one, random }: { order: number; one: Asked; random: Random },
): void {
  const side = one.isBuy ? flag.buy : 0;
  const isImmediate = random() < SHARE.immediate;
  const flags = side | (isImmediate ? flag.immediate : 0);
  messages.push({ ...one, kind: commandKind.place, flags, order });
  if (isImmediate) return;
  const isModified = random() < SHARE.modified;
  const closer = random() < SHARE.repriced ? 1 : 0;
  const price = one.isBuy ? one.price + closer : Math.max(1, one.price - closer);
  const modified = {
    ...one,
    price,
    lots: one.lots + 1,
    kind: commandKind.replace,
    flags: side,
    order,
  };
  if (isModified) messages.push(modified);
  if (random() >= SHARE.cancelled) return;
  const cancel = { ...one, kind: commandKind.cancel, flags: side, order };
  messages.push(cancel);
  if (random() < SHARE.stale) messages.push(cancel);
  if (isModified && random() < SHARE.stale) messages.push(modified);
}

function depthTable(): Float64Array {
  const sums = new Float64Array(DEPTH_MAX);
  let sum = 0;
  for (let depth = 0; depth < DEPTH_MAX; depth += 1) {
    const hump = HUMP.weight * Math.exp(-((depth - HUMP.center) ** 2) / 2);
    sum += (depth + 1) ** -DEPTH_EXPONENT + hump;
    sums[depth] = sum;
  }
  return sums;
}

function drawDepth(sums: Float64Array, random: Random): number {
  const drawn = random() * (sums.at(-1) ?? 0);
  const depth = sums.findIndex((sum) => sum >= drawn);
  return depth === -1 ? DEPTH_MAX - 1 : depth;
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function shuffled(asked: Asked[], random: Random): Asked[] {
  for (let last = asked.length - 1; last > 0; last -= 1) {
    const other = randomBetween(random, 0, last);
    const [one, two] = [asked[last], asked[other]];
    if (one === undefined || two === undefined) continue;
    asked[last] = two;
    asked[other] = one;
  }
  return asked;
}
