/** What an amend makes of an order, or why it is refused. */

import type {
  AmendOrder,
  EngineRejectCode,
  PriceTicks,
  QtyLots,
  SpendUnits,
} from "@exchange/streams/contract";
import {
  notional,
  priceTicks as toPriceTicks,
  qtyLots as toQtyLots,
  spendUnits,
} from "@exchange/streams/contract";

import type { BookView, OpenOrderView } from "./admission.ts";
import { isOutsideCollar, wouldTrade } from "./admission.ts";
import { partsAreFew } from "./terms-check.ts";

export interface Amended {
  readonly priceTicks: PriceTicks;
  readonly qtyLots: QtyLots;
  readonly openLots: QtyLots;
  readonly need: SpendUnits;
  /** At its price with no more lots than before. */
  readonly keepsPlace: boolean;
}

export function decideAmend(amend: AmendOrder, view: BookView): Amended | EngineRejectCode {
  const order = view.findOpen(amend.accountId, amend.orderId);
  if (order === undefined) return "UNKNOWN_ORDER";
  if (order.waits || order.isPaired) return "ORDER_NOT_AMENDABLE";
  const priceTicks = toPriceTicks(amend.priceTicks ?? order.priceTicks);
  const qtyLots = toQtyLots(amend.qtyLots ?? order.qtyLots);
  const { heldUnits = 0 } = amend;
  if (priceTicks === undefined || qtyLots === undefined || !holdIsWhole(amend)) {
    return "TERMS_NOT_COMBINABLE";
  }
  const openLots = toQtyLots(qtyLots - (order.qtyLots - order.openLots));
  if (openLots === undefined || openLots === 0) return "QTY_ALREADY_FILLED";
  if (hasTooManyParts(order, qtyLots)) return "TERMS_NOT_COMBINABLE";
  const need = order.side === "buy" ? notional(priceTicks, openLots) : spendUnits(openLots);
  const keepsPlace = priceTicks === order.priceTicks && openLots <= order.openLots;
  const amended = { priceTicks, qtyLots, openLots, keepsPlace };
  if (need === undefined) return "NOTIONAL_TOO_LARGE";
  return refusalOf({ ...amended, need, heldUnits }, order, view) ?? { ...amended, need };
}

interface Asked extends Amended {
  readonly heldUnits: number;
}

function refusalOf(
  asked: Asked,
  order: OpenOrderView,
  view: BookView,
): EngineRejectCode | undefined {
  const { priceTicks, qtyLots, openLots, need, heldUnits } = asked;
  const { notionalMin = 0, qtyMaxLots = Infinity } = view.rules.trading ?? {};
  if (!Number.isSafeInteger(view.openLotsOn(order.side) - order.openLots + openLots)) {
    return "NOTIONAL_TOO_LARGE";
  }
  if (qtyLots > order.qtyLots && qtyLots > qtyMaxLots) return "QTY_TOO_LARGE";
  if (priceTicks * qtyLots < notionalMin) return "NOTIONAL_TOO_SMALL";
  if (need > order.need + heldUnits) return "HOLD_TOO_SMALL";
  if (priceTicks === order.priceTicks) return undefined;
  if (isOutsideCollar(priceTicks, view)) return "PRICE_OUTSIDE_COLLAR";
  const mustNotTrade = order.postOnly || view.rules.state === "post-only";
  const trades = mustNotTrade && wouldTrade(order.side, priceTicks, view);
  return trades ? "POST_ONLY_WOULD_TRADE" : undefined;
}

/** Only growth can lead to it: an iceberg that shrinks below its part is shown whole. */
function hasTooManyParts(
  { displayLots, qtyLots: before }: OpenOrderView,
  qtyLots: QtyLots,
): boolean {
  return displayLots !== undefined && qtyLots > before && !partsAreFew(displayLots, qtyLots);
}

/** A hold of its own comes with its units, possibly none. */
function holdIsWhole({ holdId, heldUnits }: AmendOrder): boolean {
  if (holdId === undefined || heldUnits === undefined) return holdId === heldUnits;
  return spendUnits(heldUnits) !== undefined;
}
