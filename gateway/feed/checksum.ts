/** What a client compares its book to: the CRC-32 of the best levels, as their texts were sent. */

import type { FormattedLevel } from "./sorted-levels.ts";

export const CHECKSUM_LEVELS = 10;

/** Best first. `bid price:quantity:ask price:quantity`, level by level, without those that are not there. */
export function bookChecksum(
  bids: readonly FormattedLevel[],
  asks: readonly FormattedLevel[],
): number {
  const parts: string[] = [];
  for (let place = 0; place < CHECKSUM_LEVELS; place += 1) {
    for (const level of [bids[place], asks[place]]) {
      if (level !== undefined) parts.push(level[0], level[1]);
    }
  }
  return Bun.hash.crc32(parts.join(":"));
}
