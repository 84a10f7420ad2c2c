/** Which terms go together, whatever the market and the book are like. */

import type { OrderTerms, PlaceOrder, PlaceOrderPair, QtyLots } from "@exchange/streams/contract";
import {
  hasLimitPrice,
  ICEBERG_PARTS_MAX,
  isConditional,
  priceTicks,
} from "@exchange/streams/contract";

/** The rest of what is left may stay in the book. */
export function mayRestByTerms({ type, timeInForce }: OrderTerms): boolean {
  return type === "limit" && (timeInForce === "GTC" || timeInForce === "GTD");
}

/** All that is received, in parts per million. */
const FEE_MAX_PPM = 1_000_000;

type Fees = Pick<PlaceOrder, "makerFeePpm" | "takerFeePpm">;

/** A fee is a share of what is received. The log may say otherwise, and a book must not stop for that. */
export function feesAreShares({ makerFeePpm, takerFeePpm }: Fees): boolean {
  return (
    isSafeCount(makerFeePpm) &&
    makerFeePpm <= FEE_MAX_PPM &&
    isSafeCount(takerFeePpm) &&
    takerFeePpm <= FEE_MAX_PPM
  );
}

/** It may be open after its command: it rests or waits. */
export function mayStayOpen(terms: OrderTerms): boolean {
  return isConditional(terms.type) || mayRestByTerms(terms);
}

export function placementGoesTogether(order: PlaceOrder): boolean {
  const { replaces, heldUnits, mainAccountId, terms } = order;
  if (heldUnits !== undefined) {
    if (replaces === undefined || !isSafeCount(heldUnits) || heldUnits > terms.spendMax) {
      return false;
    }
  }
  return sessionFits(order) && isId(mainAccountId) && termsGoTogether(terms);
}

/** First a post-only limit or an if-touched order, then a stop, of one side and quantity. */
export function pairGoesTogether(pair: PlaceOrderPair): boolean {
  const { legs, mainAccountId } = pair;
  const [first, second] = [legs[0].terms, legs[1].terms];
  if (!sessionFits(pair) || !isId(mainAccountId)) return false;
  if (!termsGoTogether(first) || !termsGoTogether(second)) return false;
  if (first.side !== second.side || first.qtyLots !== second.qtyLots) return false;
  if (first.sizing !== "quantity" || second.sizing !== "quantity") return false;
  const isTouched = first.type === "market-if-touched" || first.type === "limit-if-touched";
  return (isTouched || isPairedLimit(first)) && isStop(second);
}

function termsGoTogether(terms: OrderTerms): boolean {
  return (
    numbersAreInRange(terms) &&
    triggerFits(terms) &&
    expiryFits(terms) &&
    displayFits(terms) &&
    (terms.postOnlySlide === undefined || (terms.postOnly && mayRestByTerms(terms)))
  );
}

function isStop({ type }: OrderTerms): boolean {
  return type === "stop-market" || type === "stop-limit" || type === "trailing-stop-market";
}

function isPairedLimit(terms: OrderTerms): boolean {
  if (terms.postOnlySlide === true || terms.displayLots !== undefined) return false;
  return terms.postOnly && mayRestByTerms(terms);
}

/** The plain fields were always judged later, as money. */
function numbersAreInRange(terms: OrderTerms): boolean {
  const { triggerTicks, trailingOffsetTicks, displayLots, expireTimeMs } = terms;
  return (
    [triggerTicks, trailingOffsetTicks].every(
      (price) => price === undefined || priceTicks(price) !== undefined,
    ) &&
    [displayLots, expireTimeMs].every(
      (count) => count === undefined || (isSafeCount(count) && count > 0),
    )
  );
}

function triggerFits(terms: OrderTerms): boolean {
  const { type, triggerTicks, trailingOffsetTicks, timeInForce, postOnly, sizing } = terms;
  const trails = type === "trailing-stop-market";
  if ((trailingOffsetTicks !== undefined) !== trails) return false;
  if ((triggerTicks !== undefined) !== (isConditional(type) && !trails)) return false;
  if (!isConditional(type)) return true;
  if (postOnly || timeInForce === "FOK") return false;
  return sizing === "quantity" || (terms.side === "buy" && !hasLimitPrice(type));
}

function expiryFits({ type, timeInForce, expireTimeMs }: OrderTerms): boolean {
  if ((expireTimeMs !== undefined) !== (timeInForce === "GTD")) return false;
  return type !== "market" || timeInForce !== "GTD";
}

function displayFits(terms: OrderTerms): boolean {
  if (terms.displayLots === undefined) return true;
  return mayRestByTerms(terms) && partsAreFew(terms.displayLots, terms.qtyLots);
}

/** A part is no larger than the whole, and the whole not too many parts. */
export function partsAreFew(displayLots: QtyLots, qtyLots: QtyLots): boolean {
  return displayLots <= qtyLots && qtyLots / ICEBERG_PARTS_MAX <= displayLots;
}

function sessionFits({
  sessionId,
  sessionOrdersMax,
}: Pick<PlaceOrder, "sessionId" | "sessionOrdersMax">): boolean {
  // Without a session its limit says nothing.
  return sessionId === undefined || (isId(sessionId) && isId(sessionOrdersMax));
}

function isId(id: number | undefined): boolean {
  return id === undefined || (isSafeCount(id) && id > 0);
}

function isSafeCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
