/** What a recorded flow asks of the exchange: who does what, in which order, and with how much money. */

import type { AssetId, Market, PriceTicks, QtyLots, Side } from "@exchange/streams/contract";
import {
  formatDecimal,
  formatPrice,
  formatQty,
  holdAmount,
  holdAsset,
  notional,
  parsePrice,
  parseQty,
} from "@exchange/streams/contract";

import { Failure } from "../../setup/failure.ts";
import type { RecordedEvent } from "./read-events.ts";

export type ReplayStep = PlaceStep | CancelStep;

export interface PlaceStep {
  readonly kind: "place";
  readonly trader: number;
  readonly clientOrderId: string;
  readonly side: Side;
  readonly priceTicks: PriceTicks;
  readonly qtyLots: QtyLots;
  /** Decimal text, as the public path wants it. */
  readonly price: string;
  readonly quantity: string;
}

export interface CancelStep {
  readonly kind: "cancel";
  readonly trader: number;
  readonly clientOrderId: string;
}

export interface ReplayPlan {
  readonly steps: readonly ReplayStep[];
  /** What each trader needs so that no order of theirs is short of money, whatever trades. */
  readonly funding: readonly TraderFunding[];
}

export interface TraderFunding {
  readonly trader: number;
  readonly asset: AssetId;
  /** Decimal text. */
  readonly amount: string;
}

/** Orders and their deletions go to trader `id % traders`; a `changed` event is for the venue to know. */
export function planReplay(
  events: readonly RecordedEvent[],
  market: Market,
  traders: number,
): ReplayPlan {
  const steps = events.flatMap((event) => planStep(event, market, traders) ?? []);
  return { steps, funding: planFunding(steps, market) };
}

function planStep(event: RecordedEvent, market: Market, traders: number): ReplayStep | undefined {
  const trader = Number(BigInt(event.id) % BigInt(traders));
  const who = { trader, clientOrderId: event.id };
  switch (event.action) {
    case "changed":
      return undefined;
    case "deleted":
      return { kind: "cancel", ...who };
    case "created":
      return { kind: "place", ...who, side: event.side, ...planNumbers(event, market) };
  }
}

function planNumbers(
  event: RecordedEvent,
  market: Market,
): Pick<PlaceStep, "priceTicks" | "qtyLots" | "price" | "quantity"> {
  const quantity = formatDecimal(BigInt(event.lots), LOT_DECIMALS);
  const qty = parseQty(market, quantity);
  const price = parsePrice(market, event.price);
  if (typeof price === "string" || typeof qty === "string") {
    throw new Failure(`Order ${event.id} does not fit ${market.market}: ${price}, ${qty}`);
  }
  return {
    priceTicks: price,
    qtyLots: qty,
    price: formatPrice(market, price),
    quantity: formatQty(market, qty),
  };
}

/** The recorded volumes are in hundred-millionths of the base asset. */
const LOT_DECIMALS = 8;

function planFunding(steps: readonly ReplayStep[], market: Market): TraderFunding[] {
  const needs = new Map<string, { trader: number; side: Side; units: bigint }>();
  for (const step of steps) {
    if (step.kind !== "place") continue;
    const key = `${step.trader} ${step.side}`;
    const need = needs.get(key) ?? { trader: step.trader, side: step.side, units: 0n };
    need.units += needOf(step, market);
    needs.set(key, need);
  }
  return [...needs.values()]
    .map(({ trader, side, units }) => {
      const asset = holdAsset(market, side);
      const scale = asset === market.quote ? market.quoteScale : market.baseScale;
      return { trader, asset, amount: formatDecimal(units, scale) };
    })
    .toSorted((a, b) => a.trader - b.trader || (a.asset < b.asset ? -1 : 1));
}

function needOf({ side, priceTicks, qtyLots, clientOrderId }: PlaceStep, market: Market): bigint {
  const units = side === "buy" ? notional(priceTicks, qtyLots) : qtyLots;
  if (units === undefined)
    throw new Failure(`Order ${clientOrderId} is too large to hold exactly.`);
  return holdAmount(market, side, units);
}
