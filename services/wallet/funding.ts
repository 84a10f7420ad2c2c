/** The rules that deposits and withdrawals share. Pure. */

import type { AssetDefinition } from "@exchange/streams/contract";

/**
 * All that the exchange keeps of one asset, at most. Every balance is a part of it, so that no sum of balances
 * comes near the 38 digits of a column, whoever trades with whom.
 */
export const CUSTODY_MAX = 10n ** 37n;

const WHOLE_PATTERN = /^[1-9][0-9]{0,36}$/;

/** Positive whole number of smallest units, or undefined for any other text. */
export function parseUnits(text: string): bigint | undefined {
  return WHOLE_PATTERN.test(text) ? BigInt(text) : undefined;
}

/** Whether a payout of the amount can be made without rounding. */
export function fitsPayout({ scale, payoutScale }: AssetDefinition, amount: bigint): boolean {
  return amount % 10n ** BigInt(scale - payoutScale) === 0n;
}
