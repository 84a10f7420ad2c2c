/** Which rules a market can have. */

import type { TradingRules } from "@exchange/streams/contract";
import { PRICE_TICKS_MAX, selfTradePreventions } from "@exchange/streams/contract";

const PPM_MAX = 1_000_000;
/** A week: engine time plus this is a safe integer. */
const DURATION_MAX_MS = 604_800_000;

export function rulesAreValid(rules: TradingRules): boolean {
  const { selfTradePrevention, volatilityHalt } = rules;
  if (selfTradePrevention !== undefined && !selfTradePreventions.includes(selfTradePrevention)) {
    return false;
  }
  return (
    isCount(rules.notionalMin) &&
    isCount(rules.qtyMaxLots) &&
    isCount(rules.openOrdersMax) &&
    isCount(rules.collarPpm, PPM_MAX) &&
    isCount(rules.referenceTicks, PRICE_TICKS_MAX) &&
    (volatilityHalt === undefined ||
      (isPositive(volatilityHalt.bandPpm, PPM_MAX) &&
        isPositive(volatilityHalt.windowMs, DURATION_MAX_MS) &&
        isPositive(volatilityHalt.auctionMs, DURATION_MAX_MS)))
  );
}

/** A positive safe integer, or absent. */
function isCount(value: number | undefined, max = Number.MAX_SAFE_INTEGER): boolean {
  return value === undefined || isPositive(value, max);
}

/** A missing one is none either: records are not checked for their fields where they are read. */
function isPositive(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= max;
}
