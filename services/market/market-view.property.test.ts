import { expect, test } from "bun:test";

import fc from "fast-check";

import type { CandlesView, CandleView } from "./api.ts";
import { candleIntervals, CANDLES_MAX, RECENT_TRADES_MAX } from "./api.ts";
import type { CandlesQuery } from "./candle-pages.ts";
import { formatCandle, mergeCandles, newestCandles } from "./candles.ts";
import { candlesPage, keptCandles, keptTrades, tradesPage } from "./kept-pages.ts";
import { applyFrame, emptyView, type MarketView, viewBook, viewTicker } from "./market-view.ts";
import { arbitrarySteps } from "./testing/arbitrary-steps.ts";
import {
  expectedCandles,
  expectedDay,
  expectedLevels,
  expectedPage,
} from "./testing/expected-views.ts";
import { createScriptedMarket, type ScriptedMarket } from "./testing/scripted-market.ts";

const MARKET = "BTC-USD";
const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 1);

/** Plays the steps, with a frame after each `frameSteps` of them, into a view. */
function play(
  steps: Parameters<ScriptedMarket["step"]>[0][],
  frameSteps: number,
): { script: ScriptedMarket; view: MarketView } {
  const script = createScriptedMarket(MARKET, START_MS);
  const view = emptyView(MARKET);
  for (const [index, step] of steps.entries()) {
    script.step(step);
    if ((index + 1) % frameSteps !== 0 && index + 1 < steps.length) continue;
    const frame = script.cutFrame();
    if (frame !== undefined) applyFrame(view, frame, view.at.sequence + 1);
  }
  return { script, view };
}

function readCandles(view: MarketView, query: CandlesQuery): CandlesView {
  return candlesPage(keptCandles(view, query), query);
}

const activity = fc.tuple(
  fc.constantFrom(300, 10 * 60_000, 6 * HOUR_MS, 480 * HOUR_MS).chain(arbitrarySteps),
  fc.integer({ min: 1, max: 7 }),
);

test("the book from events is the sum of the orders that rest", () => {
  fc.assert(
    fc.property(activity, ([steps, frameSteps]) => {
      const { script, view } = play(steps, frameSteps);
      const { bids, asks } = viewBook(view, 10_000);
      expect(bids).toEqual(expectedLevels(script, "buy"));
      expect(asks).toEqual(expectedLevels(script, "sell"));
    }),
  );
});

test("candles from events are the trades of each period, exactly", () => {
  fc.assert(
    fc.property(activity, ([steps, frameSteps]) => {
      const { script, view } = play(steps, frameSteps);
      for (const interval of candleIntervals) {
        const candles = newestCandles(view.candles[interval], { count: CANDLES_MAX });
        expect(candles).toEqual(expectedCandles(script, interval));
      }
    }),
  );
});

test("a page has every period, flat where nothing was traded, and none before the first trade", () => {
  fc.assert(
    fc.property(
      activity,
      fc.constantFrom(...candleIntervals),
      fc.integer({ min: 1, max: 80 }),
      ([steps, frameSteps], interval, limit) => {
        const { script, view } = play(steps, frameSteps);
        for (const beforeMs of [undefined, script.timeMs, script.timeMs - 90_000]) {
          const query = { limit, ...(beforeMs !== undefined && { beforeMs }) };
          const { candles } = readCandles(view, { interval, ...query });
          expect(candles).toEqual(expectedPage(script, interval, query));
        }
      },
    ),
  );
});

test("pages join without a gap and without a candle twice", () => {
  fc.assert(
    fc.property(
      activity,
      fc.constantFrom(...candleIntervals),
      fc.integer({ min: 1, max: 40 }),
      ([steps, frameSteps], interval, limit) => {
        const { view } = play(steps, frameSteps);
        const joined: CandleView[] = [];
        for (let count = 0; count < 5; count += 1) {
          const beforeMs = joined[0]?.openTimeMs;
          const query = { interval, limit, ...(beforeMs !== undefined && { beforeMs }) };
          joined.unshift(...readCandles(view, query).candles);
        }
        expect(readCandles(view, { interval, limit: 5 * limit }).candles).toEqual(joined);
      },
    ),
  );
});

test("weeks and months that are made of days are those of the trades", () => {
  fc.assert(
    fc.property(activity, ([steps, frameSteps]) => {
      const { script, view } = play(steps, frameSteps);
      for (const interval of ["1w", "1M"] as const) {
        const merged = mergeCandles(interval, view.candles["1d"]);
        expect(merged.map(formatCandle)).toEqual(expectedCandles(script, interval));
      }
    }),
  );
});

test("the ticker is the last trade, the best prices and the trades of the last day, exactly", () => {
  fc.assert(
    fc.property(activity, ([steps, frameSteps]) => {
      const { script, view } = play(steps, frameSteps);
      const day = expectedDay(script);
      const expected = {
        lastTicks: script.trades.at(-1)?.priceTicks,
        bidTicks: expectedLevels(script, "buy")[0]?.[0],
        askTicks: expectedLevels(script, "sell")[0]?.[0],
        openTicks: day?.openTicks,
        highTicks: day?.highTicks,
        lowTicks: day?.lowTicks,
        volumeLots: day?.volumeLots ?? "0",
        volumeTickLots: day?.volumeTickLots ?? "0",
      };
      const { at: _at, market: _market, timeMs: _timeMs, ...ticker } = viewTicker(view);
      expect<object>(ticker).toEqual(expected);
    }),
  );
});

test("a ticker asked for after every frame is the one asked for at the end", () => {
  fc.assert(
    fc.property(arbitrarySteps(6 * HOUR_MS), (steps) => {
      const script = createScriptedMarket(MARKET, START_MS);
      const [often, once] = [emptyView(MARKET), emptyView(MARKET)];
      for (const step of steps) {
        script.step(step);
        const frame = script.cutFrame();
        if (frame === undefined) continue;
        applyFrame(often, frame, often.at.sequence + 1);
        applyFrame(once, frame, once.at.sequence + 1);
        viewTicker(often);
      }
      expect(viewTicker(often)).toEqual(viewTicker(once));
    }),
  );
});

test("recent trades are the newest ones, newest first", () => {
  const step = { side: "sell", priceTicks: 10, advanceMs: 1, pick: 0 } as const;
  const { script, view } = play(
    [
      { ...step, kind: "rest", lots: 10_000 },
      ...Array.from({ length: 2500 }, () => ({ ...step, kind: "trade", lots: 1 }) as const),
    ],
    40,
  );
  const { trades } = tradesPage(keptTrades(view, { limit: RECENT_TRADES_MAX }));
  const expected = script.trades.slice(-RECENT_TRADES_MAX).toReversed();
  expect(trades.map((trade) => trade.tradeId)).toEqual(
    expected.map(({ command, index }) => `${command}-${index}`),
  );
});

test("a frame that is not the next one is refused", () => {
  const script = createScriptedMarket(MARKET, START_MS);
  const view = emptyView(MARKET);
  const tick = {
    kind: "tick",
    pick: 0,
    side: "buy",
    priceTicks: 1,
    lots: 1,
    advanceMs: 0,
  } as const;
  const frames = Array.from({ length: 3 }, () => {
    script.step(tick);
    return script.cutFrame();
  });
  const [first, second, third] = frames;
  if (first === undefined || second === undefined || third === undefined) throw new Error("none");
  applyFrame(view, first, 1);
  expect(() => applyFrame(view, third, 2)).toThrow("BTC-USD is at frame 1");
  expect(() => applyFrame(view, second, 3)).toThrow("was given frame 3");
  expect(() => applyFrame(view, first, 1)).toThrow("was given frame 1");
  expect(() => applyFrame(view, { ...second, market: "ETH-USD" }, 2)).toThrow("ETH-USD");
  applyFrame(view, second, 2);
});
