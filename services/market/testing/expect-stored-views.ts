/** Everything that Redis has of a market, against the slow way. */

import { expect } from "bun:test";

import { candleIntervals, CANDLES_MAX } from "../api.ts";
import { candlesPage } from "../kept-pages.ts";
import {
  readStoredBook,
  readStoredCandles,
  readStoredTicker,
  readStoredTrades,
} from "../stored-reads.ts";
import { expectedDay, expectedLevels, expectedPage } from "./expected-views.ts";
import type { LiveMarket } from "./live-market.ts";

export async function expectStoredViews(live: LiveMarket): Promise<void> {
  const { redis, script } = live;
  const { market } = live.market;
  const book = await readStoredBook(redis, market, 1000);
  expect<object | undefined>(book?.bids).toEqual(expectedLevels(script, "buy"));
  expect<object | undefined>(book?.asks).toEqual(expectedLevels(script, "sell"));
  for (const interval of candleIntervals) {
    const query = { interval, limit: CANDLES_MAX };
    const stored = await readStoredCandles(redis, market, query);
    const expected = expectedPage(script, interval, { limit: CANDLES_MAX });
    expect(stored).toBeDefined();
    if (stored !== undefined) expect(candlesPage(stored, query).candles).toEqual(expected);
  }
  const trades = await readStoredTrades(redis, market, { limit: 1000 });
  expect(trades?.trades.map((trade) => trade.tradeId)).toEqual(
    script.trades
      .slice(-1000)
      .toReversed()
      .map(({ command, index }) => `${command}-${index}`),
  );
  const ticker = await readStoredTicker(redis, market);
  expect(ticker?.volumeTickLots).toBe(expectedDay(script)?.volumeTickLots ?? "0");
  expect(ticker?.lastTicks).toBe(script.trades.at(-1)?.priceTicks);
  expect(ticker?.bidTicks).toBe(expectedLevels(script, "buy")[0]?.[0]);
}
