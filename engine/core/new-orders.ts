/** An order's record, made from the command that asks for it. */

import type { OrderType, SelfTradePrevention, TimeInForce } from "@exchange/streams/contract";

import { flag } from "./flat-command.ts";
import {
  ACCOUNT,
  EXTRA,
  EXTRA_DISPLAY,
  EXTRA_EXPIRE_MS,
  EXTRA_EXPIRY,
  EXTRA_LINKED,
  EXTRA_MAIN_ACCOUNT,
  EXTRA_OFFSET,
  EXTRA_POOL,
  EXTRA_PREVENTION,
  EXTRA_PRICE,
  EXTRA_SESSION,
  EXTRA_SESSION_RECORD,
  EXTRA_SHOWN,
  EXTRA_TAKER_FEE,
  EXTRA_TIME_IN_FORCE,
  EXTRA_TRAIL_NEXT,
  EXTRA_TRAIL_PREVIOUS,
  EXTRA_TRIGGER,
  EXTRA_TYPE,
  FEE_SHIFT,
  FLAGS,
  HOLD,
  ICEBERGS,
  LEVEL,
  LOTS,
  MAKER_FEE,
  MATCH_ACCOUNT,
  MATCH_FEE,
  NONE,
  OPEN_LOTS,
  ORDER_HOLD,
  ORDER_ID,
  ORDER_POOL,
  POSITION,
  PRICE,
  QTY_LOTS,
  SPEND_MAX,
  TAKER_FEE,
  trait,
  TRAITS,
} from "./layout.ts";
import type { Memory } from "./memory.ts";
import { takeRecord } from "./memory.ts";
import { preventionNumberOf, timeInForceNumberOf, typeNumberOf } from "./term-numbers.ts";

/** The order that the command in memory places: it is the one that comes in. */
export function newOrder(memory: Memory): number {
  const order = takeRecord(memory, ORDER_POOL);
  const { ints, floats } = memory;
  const flags = ints[FLAGS] ?? 0;
  const qty = (flags & flag.budget) === 0 ? LOTS : SPEND_MAX;
  ints[order + LEVEL] = ints[PRICE] ?? 0;
  // Immediate is the other way round than what may rest.
  ints[order + TRAITS] =
    ((flags & TRAIT_FLAGS) ^ trait.mayRest) | ((ints[MAKER_FEE] ?? 0) << FEE_SHIFT);
  ints[order + EXTRA] = NONE;
  floats[(order >> 1) + ORDER_ID] = floats[POSITION] ?? 0;
  floats[(order >> 1) + ORDER_HOLD] = floats[HOLD] ?? 0;
  floats[(order >> 1) + OPEN_LOTS] = floats[LOTS] ?? 0;
  floats[(order >> 1) + QTY_LOTS] = floats[qty] ?? 0;
  ints[MATCH_FEE] = ints[TAKER_FEE] ?? 0;
  floats[MATCH_ACCOUNT] = floats[ACCOUNT] ?? 0;
  return order;
}

const TRAIT_FLAGS = flag.buy | flag.budget | flag.postOnly | flag.market | flag.immediate;

/** What plain orders do not have. Absent numbers are 0. */
export interface Rarity {
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly prevention: SelfTradePrevention | undefined;
  readonly triggerTicks: number;
  readonly offsetTicks: number;
  readonly displayLots: number;
  readonly expireTimeMs: number;
  readonly sessionId: number;
  readonly mainAccountId: number;
}

export function addExtra(memory: Memory, order: number, rarity: Rarity): void {
  const extra = takeRecord(memory, EXTRA_POOL);
  const { ints, floats } = memory;
  const { prevention, displayLots, expireTimeMs } = rarity;
  ints[order + EXTRA] = extra;
  ints[extra + EXTRA_TYPE] = typeNumberOf(rarity.type);
  ints[extra + EXTRA_TIME_IN_FORCE] = timeInForceNumberOf(rarity.timeInForce);
  ints[extra + EXTRA_PREVENTION] = prevention === undefined ? 0 : preventionNumberOf(prevention);
  ints[extra + EXTRA_TRIGGER] = rarity.triggerTicks;
  ints[extra + EXTRA_OFFSET] = rarity.offsetTicks;
  ints[extra + EXTRA_TAKER_FEE] = ints[MATCH_FEE] ?? 0;
  ints[extra + EXTRA_LINKED] = NONE;
  ints[extra + EXTRA_TRAIL_NEXT] = NONE;
  ints[extra + EXTRA_TRAIL_PREVIOUS] = NONE;
  ints[extra + EXTRA_PRICE] = NONE;
  ints[extra + EXTRA_EXPIRY] = 0;
  ints[extra + EXTRA_SESSION_RECORD] = NONE;
  floats[(extra >> 1) + EXTRA_DISPLAY] = displayLots;
  floats[(extra >> 1) + EXTRA_SHOWN] = 0;
  floats[(extra >> 1) + EXTRA_EXPIRE_MS] = expireTimeMs;
  floats[(extra >> 1) + EXTRA_SESSION] = rarity.sessionId;
  floats[(extra >> 1) + EXTRA_MAIN_ACCOUNT] = rarity.mainAccountId;
  if (displayLots > 0) {
    addTrait(memory, order, trait.iceberg);
    ints[ICEBERGS] = (ints[ICEBERGS] ?? 0) + 1;
  }
  if (expireTimeMs > 0) {
    addTrait(memory, order, trait.expires);
    memory.expiries.add(memory, order);
  }
}

/** Two orders of which either ends the other. Both have an extra record. */
export function linkLegs({ ints }: Memory, first: number, second: number): void {
  ints[(ints[first + EXTRA] ?? 0) + EXTRA_LINKED] = second;
  ints[(ints[second + EXTRA] ?? 0) + EXTRA_LINKED] = first;
  ints[first + TRAITS] = (ints[first + TRAITS] ?? 0) | trait.paired;
  ints[second + TRAITS] = (ints[second + TRAITS] ?? 0) | trait.paired;
}

function addTrait({ ints }: Memory, order: number, added: number): void {
  ints[order + TRAITS] = (ints[order + TRAITS] ?? 0) | added;
}
