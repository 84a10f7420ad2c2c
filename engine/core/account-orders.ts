/** The orders of each account, oldest first: a list through the orders, and its ends by account. */

import { findId, placeForId, removeId } from "./id-index.ts";
import {
  ACCOUNT_ID,
  ACCOUNT_INDEX,
  ACCOUNT_POOL,
  COUNT,
  EXTRA,
  LAST_ACCOUNT,
  NEWER,
  NEWEST,
  NONE,
  OLDER,
  OLDEST,
  ORDER_ACCOUNT,
  SESSIONS,
} from "./layout.ts";
import type { Memory } from "./memory.ts";
import { giveRecord, takeRecord } from "./memory.ts";
import { addToSession, removeFromSession } from "./session-orders.ts";

/** The account's record, or NONE when it has no orders. */
export function findAccount(memory: Memory, accountId: number): number {
  return findId(memory, ACCOUNT_INDEX, accountId);
}

export function ownerOf(memory: Memory, order: number): number {
  const account = memory.ints[order + ORDER_ACCOUNT] ?? 0;
  return memory.floats[(account >> 1) + ACCOUNT_ID] ?? 0;
}

/** Orders come oldest first, since their ids grow. */
export function addToAccount(memory: Memory, order: number, accountId: number): void {
  const account = accountFor(memory, accountId);
  const { ints } = memory;
  const newest = ints[account + NEWEST] ?? 0;
  ints[order + ORDER_ACCOUNT] = account;
  ints[order + OLDER] = newest;
  ints[order + NEWER] = NONE;
  ints[account + NEWEST] = order;
  ints[account + COUNT] = (ints[account + COUNT] ?? 0) + 1;
  if (newest === NONE) ints[account + OLDEST] = order;
  else ints[newest + NEWER] = order;
  if ((ints[order + EXTRA] ?? 0) !== NONE) addToSession(memory, order);
}

/** An account without orders is forgotten, so that memory follows the book and not its history. */
export function removeFromAccount(memory: Memory, order: number): void {
  const { ints } = memory;
  if ((ints[order + EXTRA] ?? 0) !== NONE) removeFromSession(memory, order);
  const account = ints[order + ORDER_ACCOUNT] ?? 0;
  const older = ints[order + OLDER] ?? 0;
  const newer = ints[order + NEWER] ?? 0;
  if (older === NONE) ints[account + OLDEST] = newer;
  else ints[older + NEWER] = newer;
  if (newer === NONE) ints[account + NEWEST] = older;
  else ints[newer + OLDER] = older;
  const left = (ints[account + COUNT] ?? 0) - 1;
  ints[account + COUNT] = left;
  if (left > 0) return;
  closeAccount(memory, account);
}

/** It has no order left. */
export function closeAccount(memory: Memory, account: number): void {
  const { ints, floats } = memory;
  if ((ints[LAST_ACCOUNT] ?? 0) === account) ints[LAST_ACCOUNT] = NONE;
  removeId(memory, ACCOUNT_INDEX, floats[(account >> 1) + ACCOUNT_ID] ?? 0);
  giveRecord(memory, ACCOUNT_POOL, account);
}

/** The account's record, which is made when there is none. Nearly always the same as the last time. */
export function accountFor(memory: Memory, accountId: number): number {
  const last = memory.ints[LAST_ACCOUNT] ?? 0;
  if (last !== NONE && memory.floats[(last >> 1) + ACCOUNT_ID] === accountId) return last;
  const found = findAccount(memory, accountId);
  const account = found === NONE ? openAccount(memory, accountId) : found;
  memory.ints[LAST_ACCOUNT] = account;
  return account;
}

function openAccount(memory: Memory, accountId: number): number {
  const account = takeRecord(memory, ACCOUNT_POOL);
  const place = placeForId(memory, ACCOUNT_INDEX, accountId);
  const { ints, floats } = memory;
  ints[place] = account;
  ints[account + OLDEST] = NONE;
  ints[account + NEWEST] = NONE;
  ints[account + COUNT] = 0;
  ints[account + SESSIONS] = NONE;
  floats[(account >> 1) + ACCOUNT_ID] = accountId;
  return account;
}
