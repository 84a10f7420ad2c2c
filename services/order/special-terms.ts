/** The terms that only some orders have: picked from wherever they stand, hashed, and kept in one column. */

import { decodeJson } from "@exchange/streams";
import type { OrderTerms } from "@exchange/streams/contract";
import { assert, assertPriceTicks, assertQtyLots } from "@exchange/streams/contract";

import type { OrderLinks, SpecialTerms } from "./api.ts";

/** Shared by all orders without any, which is most of them. */
const none: SpecialTerms = Object.freeze({});

export function specialTermsOf(source: SpecialTerms): SpecialTerms {
  const { triggerTicks, trailingOffsetTicks, displayLots } = source;
  const { expireTimeMs, postOnlySlide, selfTradePrevention } = source;
  if (
    triggerTicks === undefined &&
    trailingOffsetTicks === undefined &&
    displayLots === undefined &&
    expireTimeMs === undefined &&
    postOnlySlide === undefined &&
    selfTradePrevention === undefined
  ) {
    return none;
  }
  return {
    ...(triggerTicks !== undefined && { triggerTicks }),
    ...(trailingOffsetTicks !== undefined && { trailingOffsetTicks }),
    ...(displayLots !== undefined && { displayLots }),
    ...(expireTimeMs !== undefined && { expireTimeMs }),
    ...(postOnlySlide !== undefined && { postOnlySlide }),
    ...(selfTradePrevention !== undefined && { selfTradePrevention }),
  };
}

type EngineSpecialTerms = Pick<OrderTerms, keyof SpecialTerms>;

/** As the engine has them. Throws on a number out of range, which the gateway must not let through. */
export function engineTermsOf(source: SpecialTerms): EngineSpecialTerms {
  const special = specialTermsOf(source);
  if (special === none) return {};
  const { triggerTicks, trailingOffsetTicks, displayLots, expireTimeMs } = special;
  const { postOnlySlide, selfTradePrevention } = special;
  assert(displayLots === undefined || displayLots > 0, "an iceberg shows something");
  assert(
    expireTimeMs === undefined || (Number.isSafeInteger(expireTimeMs) && expireTimeMs > 0),
    "a time of expiry is a whole number of milliseconds",
  );
  return {
    ...(triggerTicks !== undefined && { triggerTicks: assertPriceTicks(triggerTicks) }),
    ...(trailingOffsetTicks !== undefined && {
      trailingOffsetTicks: assertPriceTicks(trailingOffsetTicks),
    }),
    ...(displayLots !== undefined && { displayLots: assertQtyLots(displayLots) }),
    ...(expireTimeMs !== undefined && { expireTimeMs }),
    ...(postOnlySlide !== undefined && { postOnlySlide }),
    ...(selfTradePrevention !== undefined && { selfTradePrevention }),
  };
}

/** Empty for an order without any, so that its request hashes as it always did. */
export function hashTextOf(source: SpecialTerms): string {
  const special = specialTermsOf(source);
  if (special === none) return "";
  const { triggerTicks, trailingOffsetTicks, displayLots, expireTimeMs } = special;
  const { postOnlySlide, selfTradePrevention } = special;
  return `|${triggerTicks ?? ""}|${trailingOffsetTicks ?? ""}|${displayLots ?? ""}|${expireTimeMs ?? ""}|${postOnlySlide ?? ""}|${selfTradePrevention ?? ""}`;
}

/** One column for all of them: nothing searches by one, and most rows have none. */
export function encodeSpecial(terms: SpecialTerms, links: OrderLinks): string | null {
  const special = specialTermsOf(terms);
  const { linkedOrderId, replaces } = links;
  if (special === none && linkedOrderId === undefined && replaces === undefined) return null;
  return JSON.stringify({ ...special, linkedOrderId, replaces });
}

/** Of this service's own row. */
export function decodeSpecial(text: string | null): SpecialTerms & OrderLinks {
  return text === null ? none : decodeJson<SpecialTerms & OrderLinks>(Buffer.from(text));
}
