/** What accounts traded, by day: the rows that a projection step adds to. Pure. */

import type { AccountId } from "@exchange/streams/contract";

import type { Fill } from "../fill.ts";

export const DAY_MS = 86_400_000;

export interface FillVolume {
  readonly accountId: AccountId;
  /** UTC's, counted from 1970. */
  readonly day: number;
  tickLots: bigint;
}

export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS);
}

/** One row an account and day, by account, so that every step locks them in the same order. */
export function volumesOf(fills: readonly Fill[]): FillVolume[] {
  const volumes = new Map<string, FillVolume>();
  for (const { party, timeMs, tickLots } of fills) {
    const { accountId } = party;
    const day = dayOf(timeMs);
    const key = `${accountId}/${day}`;
    const volume = volumes.get(key);
    if (volume === undefined) volumes.set(key, { accountId, day, tickLots: BigInt(tickLots) });
    else volume.tickLots += BigInt(tickLots);
  }
  return [...volumes.values()].toSorted(
    (left, right) => left.accountId - right.accountId || left.day - right.day,
  );
}
