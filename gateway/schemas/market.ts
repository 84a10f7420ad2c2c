/** Markets and their public data as clients read them. */

import type { CandleInterval } from "@exchange/market/api";
import { marketStates } from "@exchange/streams/contract";
import { z } from "@hono/zod-openapi";

import { AssetName, Decimal, MarketName, TimeMs } from "./common.ts";

type Same<Names extends string> = { readonly [Name in Names]: Name };

const State = z.enum(marketStates);

/** Of UTC; `1w` begins on Monday, `1M` is a calendar month. */
export const Interval = z.enum({
  "1s": "1s",
  "1m": "1m",
  "5m": "5m",
  "15m": "15m",
  "1h": "1h",
  "4h": "4h",
  "1d": "1d",
  "1w": "1w",
  "1M": "1M",
} as const satisfies Same<CandleInterval>);

/** Of an answer that may not be the newest any more. */
const stale = {
  staleAgeMs: z
    .int()
    .min(0)
    .optional()
    .openapi({
      description:
        "Only while this gateway is cut off from the exchange: so long ago the exchange, when it was asked, had " +
        "nothing newer. What reached this gateway later is in it, too. " +
        "Such an answer has the header `Age`, no `ETag`, and may not be kept.",
    }),
};

export const MarketView = z
  .strictObject({
    market: MarketName,
    base: AssetName,
    quote: AssetName,
    tick: Decimal.openapi({ description: "Prices are whole numbers of it." }),
    lot: Decimal.openapi({ description: "Quantities are whole numbers of it." }),
    makerFeeRate: Decimal,
    takerFeeRate: Decimal,
    feeTiers: z
      .array(
        z
          .strictObject({
            tier: z.int(),
            volume: Decimal.openapi({
              description: "Traded in 30 days in all markets with this quote, in quote units.",
            }),
            makerFeeRate: Decimal,
            takerFeeRate: Decimal,
          })
          .openapi("FeeTier"),
      )
      .optional()
      .openapi({ description: "Absent: the market's rates are everybody's." }),
    state: State,
  })
  .openapi("Market");

export const MarketsView = z
  .strictObject({
    markets: z.array(MarketView),
    assets: z.array(
      z.strictObject({ asset: AssetName, scale: z.int(), payoutScale: z.int() }).openapi("Asset"),
    ),
    ...stale,
  })
  .openapi("Markets");

/** Event `index` of command `n` at `<MARKET>:<n>`. */
const position = {
  at: z.string().openapi({
    description: "`<MARKET>:<n>`, the last command this includes.",
    example: "BTC-USD:1024",
  }),
  index: z.int().openapi({ description: "The last event of that command this includes." }),
};

const Level = z.tuple([Decimal, Decimal]).openapi({ description: "Price and quantity." });

export const BookView = z
  .strictObject({
    market: MarketName,
    ...position,
    bids: z.array(Level).openapi({ description: "Best first." }),
    asks: z.array(Level).openapi({ description: "Best first." }),
    ...stale,
  })
  .openapi("Book");

export const TradeView = z
  .strictObject({
    tradeId: z.string(),
    price: Decimal,
    quantity: Decimal,
    takerSide: z.enum(["buy", "sell"]),
    timeMs: TimeMs,
  })
  .openapi("Trade");

export const TradesView = z
  .strictObject({
    market: MarketName,
    ...position,
    trades: z.array(TradeView).openapi({ description: "Newest first." }),
    ...stale,
  })
  .openapi("Trades");

export const TickerView = z
  .strictObject({
    market: MarketName,
    ...position,
    last: Decimal.optional(),
    open: Decimal.optional(),
    high: Decimal.optional(),
    low: Decimal.optional(),
    bid: Decimal.optional(),
    ask: Decimal.optional(),
    volume: Decimal.openapi({ description: "In base units, over 24 hours." }),
    quoteVolume: Decimal.openapi({ description: "In quote units, over 24 hours." }),
    timeMs: TimeMs,
    ...stale,
  })
  .openapi("Ticker");

export const CandleView = z
  .strictObject({
    openTimeMs: TimeMs,
    open: Decimal,
    high: Decimal,
    low: Decimal,
    close: Decimal,
    volume: Decimal,
    quoteVolume: Decimal,
    trades: z.int(),
  })
  .openapi("Candle");

export const CandlesView = z
  .strictObject({
    market: MarketName,
    interval: Interval,
    ...position,
    candles: z.array(CandleView).openapi({
      description:
        "Oldest first, one for each period from the first trade to the market's time at `at`. Without a trade in it all prices are the close before it, and volumes are 0.",
    }),
    ...stale,
  })
  .openapi("Candles");

export type MarketView = z.infer<typeof MarketView>;
export type BookView = z.infer<typeof BookView>;
export type TradeView = z.infer<typeof TradeView>;
export type TradesView = z.infer<typeof TradesView>;
export type TickerView = z.infer<typeof TickerView>;
export type CandleView = z.infer<typeof CandleView>;
export type CandlesView = z.infer<typeof CandlesView>;
