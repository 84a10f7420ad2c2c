/** Fee tiers: who traded more in thirty days pays less. Tier 0 has the market's own rates. */

import type { FeeTier, Market, MarketFees } from "./market.ts";

export type FeeRole = "maker" | "taker";

/** Days that count, today included; days are UTC's. */
export const FEE_VOLUME_DAYS = 30;
const TIERS_MAX = 20;
const FEE_MAX_PPM = 1_000_000;
const UNITS_PATTERN = /^[1-9][0-9]{0,36}$/;

export interface FeeRates {
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
}

/** By what the account traded, in smallest quote units. */
export function feeRatesOf(
  { makerFeePpm, takerFeePpm, fees }: Pick<Market, "makerFeePpm" | "takerFeePpm" | "fees">,
  volume: bigint,
): FeeRates {
  const tier = fees?.tiers.findLast((one) => volume >= BigInt(one.volume));
  return tier === undefined
    ? { makerFeePpm, takerFeePpm }
    : { makerFeePpm: tier.makerFeePpm, takerFeePpm: tier.takerFeePpm };
}

/** Which tier's a rate is, or was: it was never another's. Undefined for a rate that no tier had. */
export function feeTierOf(market: Market, role: FeeRole, feePpm: number): number | undefined {
  if (feePpm === ownRate(market, role)) return 0;
  return market.fees?.rates[role][feePpm];
}

/** The market's fees with these tiers instead; text when they do not make sense. */
export function changeFees(market: Market, tiers: readonly FeeTier[]): MarketFees | string {
  if (tiers.length > TIERS_MAX) return `there are at most ${TIERS_MAX} tiers`;
  const rates = {
    maker: { ...market.fees?.rates.maker },
    taker: { ...market.fees?.rates.taker },
  };
  let before = 0n;
  for (const [index, tier] of tiers.entries()) {
    const number = index + 1;
    if (tier.tier !== number) return "tiers are numbered from 1";
    if (!UNITS_PATTERN.test(tier.volume) || BigInt(tier.volume) <= before) {
      return `tier ${number} needs more volume than the one before`;
    }
    before = BigInt(tier.volume);
    for (const role of ["maker", "taker"] as const) {
      const feePpm = role === "maker" ? tier.makerFeePpm : tier.takerFeePpm;
      if (!Number.isSafeInteger(feePpm) || feePpm < 0 || feePpm > FEE_MAX_PPM) {
        return `a fee is 0 to ${FEE_MAX_PPM} parts per million`;
      }
      const owner = feePpm === ownRate(market, role) ? 0 : rates[role][feePpm];
      // A fill says its tier by its rate.
      if (owner !== undefined && owner !== number) {
        return `${feePpm} ppm is the ${role} rate of tier ${owner}, or was: take another, if only by 1`;
      }
      rates[role][feePpm] = number;
    }
  }
  return { tiers, rates };
}

function ownRate({ makerFeePpm, takerFeePpm }: FeeRates, role: FeeRole): number {
  return role === "maker" ? makerFeePpm : takerFeePpm;
}
