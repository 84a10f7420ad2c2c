/** Public market data in decimals, for REST and for the WebSocket feed. */

import type {
  BookView as BookUnits,
  CandleView as CandleUnits,
  Level,
  TickerView as TickerUnits,
  TradeView as TradeUnits,
} from "@exchange/market/api";
import type { FeeTier, Market, Position } from "@exchange/streams/contract";
import {
  formatDecimal,
  formatMarketPosition,
  formatPrice,
  formatQty,
  quoteAmount,
} from "@exchange/streams/contract";

import type { BookView, CandleView, MarketView, TickerView, TradeView } from "../schemas/market.ts";

export const PPM_DECIMALS = 6;

export function viewMarket(market: Market): MarketView {
  return {
    market: market.market,
    base: market.base,
    quote: market.quote,
    tick: market.tick,
    lot: market.lot,
    makerFeeRate: formatDecimal(BigInt(market.makerFeePpm), PPM_DECIMALS),
    takerFeeRate: formatDecimal(BigInt(market.takerFeePpm), PPM_DECIMALS),
    ...(market.fees !== undefined && {
      feeTiers: market.fees.tiers.map((tier) => viewFeeTier(market, tier)),
    }),
    state: market.state,
  };
}

function viewFeeTier(market: Market, tier: FeeTier) {
  return {
    tier: tier.tier,
    volume: formatDecimal(BigInt(tier.volume), market.quoteScale),
    makerFeeRate: formatDecimal(BigInt(tier.makerFeePpm), PPM_DECIMALS),
    takerFeeRate: formatDecimal(BigInt(tier.takerFeePpm), PPM_DECIMALS),
  };
}

export function viewPosition(market: Market, at: Position): { at: string; index: number } {
  return {
    at: formatMarketPosition({ market: market.market, position: at.command }),
    index: at.index,
  };
}

export function viewLevels(market: Market, levels: readonly Level[]): [string, string][] {
  return levels.map(([ticks, lots]) => [formatPrice(market, ticks), formatQty(market, lots)]);
}

export function viewBook(market: Market, book: BookUnits): BookView {
  return {
    market: market.market,
    ...viewPosition(market, book.at),
    bids: viewLevels(market, book.bids),
    asks: viewLevels(market, book.asks),
  };
}

export function viewTrade(market: Market, trade: TradeUnits): TradeView {
  return {
    tradeId: trade.tradeId,
    price: formatPrice(market, trade.priceTicks),
    quantity: formatQty(market, trade.qtyLots),
    takerSide: trade.takerSide,
    timeMs: trade.timeMs,
  };
}

const tickerPrices = ["last", "open", "high", "low", "bid", "ask"] as const;

export function viewTicker(market: Market, ticker: TickerUnits): TickerView {
  const view: TickerView = {
    market: market.market,
    ...viewPosition(market, ticker.at),
    ...viewVolumes(market, ticker),
    timeMs: ticker.timeMs,
  };
  for (const name of tickerPrices) {
    const ticks = ticker[`${name}Ticks`];
    if (ticks !== undefined) view[name] = formatPrice(market, ticks);
  }
  return view;
}

export function viewCandle(market: Market, candle: CandleUnits): CandleView {
  return {
    openTimeMs: candle.openTimeMs,
    open: formatPrice(market, candle.openTicks),
    high: formatPrice(market, candle.highTicks),
    low: formatPrice(market, candle.lowTicks),
    close: formatPrice(market, candle.closeTicks),
    ...viewVolumes(market, candle),
    trades: candle.trades,
  };
}

/** Volumes may pass 2^53, so they travel as text. */
function viewVolumes(
  market: Market,
  { volumeLots, volumeTickLots }: { volumeLots: string; volumeTickLots: string },
): { volume: string; quoteVolume: string } {
  return {
    volume: formatDecimal(
      BigInt(volumeLots) * market.unitsPerLot,
      market.baseScale,
      market.lotDecimals,
    ),
    quoteVolume: formatDecimal(quoteAmount(market, BigInt(volumeTickLots)), market.quoteScale),
  };
}
