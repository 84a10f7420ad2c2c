import { expect, test } from "bun:test";

import { createSmallMarket, market } from "../testing/small-market.ts";
import type { StoredViews } from "./view-checks.ts";
import {
  checkBookView,
  checkCandlesView,
  checkTickerView,
  checkTradesView,
  checkViewsPlace,
} from "./view-checks.ts";
import { ViewHistory } from "./view-history.ts";

const EVERYTHING = { command: Number.MAX_SAFE_INTEGER, index: 0 };

function createHistory(): ViewHistory {
  const history = new ViewHistory(market, EVERYTHING);
  for (const event of createSmallMarket().events) history.apply(event);
  return history;
}

function createViews(history: ViewHistory): StoredViews {
  const { at, market: _, ...ticker } = history.ticker();
  const fields = { ...ticker, at: `${at.command}-${at.index}` };
  return {
    market: market.market,
    epoch: 1,
    sequence: 4,
    at,
    prices: { buy: [...history.levels("buy").keys()], sell: [...history.levels("sell").keys()] },
    lots: { buy: history.levels("buy"), sell: history.levels("sell") },
    ticker: Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, String(one)])),
    trades: history.trades,
    candles: {
      "1s": history.candles("1s", 10),
      "1m": history.candles("1m", 10),
      "5m": history.candles("5m", 10),
      "15m": history.candles("15m", 10),
      "1h": history.candles("1h", 10),
      "4h": history.candles("4h", 10),
      "1d": history.candles("1d", 10),
      "1w": history.candles("1w", 10),
      "1M": history.candles("1M", 10),
    },
  };
}

test("the views follow from the events", () => {
  const history = createHistory();
  expect([...history.levels("buy")]).toEqual([[99, 4]]);
  expect([...history.levels("sell")]).toEqual([[100, 2]]);
  expect(history.ticker()).toMatchObject({
    lastTicks: 100,
    openTicks: 100,
    bidTicks: 99,
    askTicks: 100,
    volumeLots: "3",
    volumeTickLots: "300",
  });
  expect(history.candles("1d", 10)).toMatchObject([{ trades: 1, closeTicks: 100 }]);
});

const checks = [checkBookView, checkTickerView, checkTradesView, checkCandlesView];

test("views that show it break nothing, and every check had something to look at", () => {
  const history = createHistory();
  const done = checks.map((check) => check(createViews(history), history));
  expect(done.flatMap(({ told }) => told)).toEqual([]);
  expect(done.filter(({ examined }) => examined === 0)).toEqual([]);
});

const plants: readonly (readonly [
  fault: string,
  check: (typeof checks)[number],
  plant: (views: StoredViews) => StoredViews,
])[] = [
  [
    "a level with other lots",
    checkBookView,
    (views) => ({ ...views, lots: { ...views.lots, buy: new Map([[99, 5]]) } }),
  ],
  [
    "a level too many",
    checkBookView,
    (views) => ({ ...views, lots: { ...views.lots, buy: new Map([...views.lots.buy, [98, 1]]) } }),
  ],
  [
    "a level without its price",
    checkBookView,
    (views) => ({ ...views, prices: { buy: [], sell: views.prices.sell } }),
  ],
  [
    "another volume in the ticker",
    checkTickerView,
    (views) => ({ ...views, ticker: { ...views.ticker, volumeLots: "4" } }),
  ],
  [
    "a ticker that says too much",
    checkTickerView,
    (views) => ({ ...views, ticker: { ...views.ticker, forecast: "up" } }),
  ],
  ["a missing trade", checkTradesView, (views) => ({ ...views, trades: [] })],
  [
    "a trade at another price",
    checkTradesView,
    (views) => ({ ...views, trades: views.trades.map((trade) => ({ ...trade, priceTicks: 1 })) }),
  ],
  [
    "a candle with another close",
    checkCandlesView,
    (views) => ({
      ...views,
      candles: {
        ...views.candles,
        "4h": views.candles["4h"].map((candle) => ({ ...candle, closeTicks: 1 })),
      },
    }),
  ],
  [
    "a candle too many",
    checkCandlesView,
    (views) => ({
      ...views,
      candles: { ...views.candles, "1m": [...views.candles["1m"], ...views.candles["1m"]] },
    }),
  ],
];

test.each(plants)("%s is found", (_, check, plant) => {
  const history = createHistory();
  expect(check(plant(createViews(history)), history).violations).toBeGreaterThan(0);
});

test("no views are one violation where there are events, and none where there are not", () => {
  const [empty, full] = [0, 1].map((logged) =>
    checkViewsPlace({ market, logged, views: undefined }),
  );
  expect([empty?.violations, full?.violations]).toEqual([0, 1]);
});

test("views of another epoch, or behind the log, are found", () => {
  const views = createViews(createHistory());
  const count = (one: Partial<StoredViews>): number =>
    checkViewsPlace({ market, logged: 4, views: { ...views, ...one } }).violations;
  expect([{}, { sequence: 5 }, { sequence: 3 }, { epoch: 2 }].map(count)).toEqual([0, 0, 1, 1]);
});
