/**
 * Orders coming into the book and leaving it: into the queue of a price, the list of their account and the index by
 * id, all in one go. This is what most commands come down to, so nothing is looked up twice.
 */

import { accountFor, closeAccount } from "./account-orders.ts";
import { placeForId, removeId } from "./id-index.ts";
import {
  COUNT,
  EXTRA,
  HEAD,
  LEVEL,
  LEVEL_LOTS,
  LEVEL_SIDE,
  MATCH_ACCOUNT,
  NEWER,
  NEWEST,
  NEXT,
  NONE,
  OLDER,
  OLDEST,
  OPEN_LOTS,
  ORDER_ACCOUNT,
  ORDER_COUNT,
  ORDER_ID,
  ORDER_INDEX,
  PREVIOUS,
  SIDE_LOTS,
  TAIL,
} from "./layout.ts";
import type { Memory } from "./memory.ts";
import { closeLevel } from "./price-tree.ts";
import { addToSession, removeFromSession } from "./session-orders.ts";

/** An order that has just come in, of the account that trades now, joins the back of a level's queue. */
export function openOrder(memory: Memory, order: number, level: number): void {
  const account = accountFor(memory, memory.floats[MATCH_ACCOUNT] ?? 0);
  const place = placeForId(memory, ORDER_INDEX, memory.floats[(order >> 1) + ORDER_ID] ?? 0);
  const { ints, floats } = memory;
  ints[place] = order;

  const tail = ints[level + TAIL] ?? 0;
  ints[order + NEXT] = NONE;
  ints[order + PREVIOUS] = tail;
  ints[order + LEVEL] = level;
  ints[level + TAIL] = order;
  ints[level + ORDER_COUNT] = (ints[level + ORDER_COUNT] ?? 0) + 1;
  if (tail === NONE) ints[level + HEAD] = order;
  else ints[tail + NEXT] = order;

  const newest = ints[account + NEWEST] ?? 0;
  ints[order + ORDER_ACCOUNT] = account;
  ints[order + OLDER] = newest;
  ints[order + NEWER] = NONE;
  ints[account + NEWEST] = order;
  ints[account + COUNT] = (ints[account + COUNT] ?? 0) + 1;
  if (newest === NONE) ints[account + OLDEST] = order;
  else ints[newest + NEWER] = order;

  const lots = floats[(order >> 1) + OPEN_LOTS] ?? 0;
  const levelLots = (level >> 1) + LEVEL_LOTS;
  const sideLots = ((ints[level + LEVEL_SIDE] ?? 0) >> 1) + SIDE_LOTS;
  floats[levelLots] = (floats[levelLots] ?? 0) + lots;
  floats[sideLots] = (floats[sideLots] ?? 0) + lots;
  if ((ints[order + EXTRA] ?? 0) !== NONE) addToSession(memory, order);
}

/** A resting order is gone. Its record stays its caller's. */
export function closeOrder(memory: Memory, order: number): void {
  const { ints, floats } = memory;
  const level = ints[order + LEVEL] ?? 0;
  const lots = floats[(order >> 1) + OPEN_LOTS] ?? 0;
  const sideLots = ((ints[level + LEVEL_SIDE] ?? 0) >> 1) + SIDE_LOTS;
  floats[sideLots] = (floats[sideLots] ?? 0) - lots;

  const before = ints[order + PREVIOUS] ?? 0;
  const after = ints[order + NEXT] ?? 0;
  // Only two missing neighbours are equal: this was the level's last order.
  if (before === after) closeLevel(memory, level);
  else {
    const levelLots = (level >> 1) + LEVEL_LOTS;
    floats[levelLots] = (floats[levelLots] ?? 0) - lots;
    ints[level + ORDER_COUNT] = (ints[level + ORDER_COUNT] ?? 0) - 1;
    if (before === NONE) ints[level + HEAD] = after;
    else ints[before + NEXT] = after;
    if (after === NONE) ints[level + TAIL] = before;
    else ints[after + PREVIOUS] = before;
  }

  if ((ints[order + EXTRA] ?? 0) !== NONE) removeFromSession(memory, order);
  const account = ints[order + ORDER_ACCOUNT] ?? 0;
  const older = ints[order + OLDER] ?? 0;
  const newer = ints[order + NEWER] ?? 0;
  const left = (ints[account + COUNT] ?? 0) - 1;
  ints[account + COUNT] = left;
  if (older === NONE) ints[account + OLDEST] = newer;
  else ints[older + NEWER] = newer;
  if (newer === NONE) ints[account + NEWEST] = older;
  else ints[newer + OLDER] = older;
  if (left === 0) closeAccount(memory, account);

  removeId(memory, ORDER_INDEX, floats[(order >> 1) + ORDER_ID] ?? 0);
}
