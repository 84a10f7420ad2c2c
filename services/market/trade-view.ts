/** What an event of a trade says to the public, and to candles. */

import type { MarketId, Trade } from "@exchange/streams/contract";
import { formatPosition } from "@exchange/streams/contract";

import type { TradeView } from "./api.ts";
import type { TradeFigures } from "./candles.ts";

export function tradeView(market: MarketId, event: Trade): TradeView {
  const { command, index, priceTicks, qtyLots, takerSide, timeMs } = event;
  const at = { command, index };
  return { market, at, tradeId: formatPosition(at), priceTicks, qtyLots, takerSide, timeMs };
}

export function tradeFigures({ timeMs, priceTicks, qtyLots, ...event }: Trade): TradeFigures {
  const buyer = event.takerSide === "buy" ? event.taker : event.maker;
  return { timeMs, priceTicks, lots: BigInt(qtyLots), tickLots: BigInt(buyer.consumed) };
}
