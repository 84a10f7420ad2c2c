/** Random logs of every feature: what the market service makes of them is what the audit expects. */

import { expect, test } from "bun:test";

import { createBook } from "@exchange/engine/core";
import { RandomCommands } from "@exchange/engine/testing";
import type { CandleInterval, Level } from "@exchange/market/api";
import {
  applyFrame,
  emptyView,
  newestCandles,
  viewBook,
  viewTicker,
} from "@exchange/market/testing";
import type { MarketView } from "@exchange/market/testing";
import type { MarketEvent } from "@exchange/streams/contract";
import { formatPosition } from "@exchange/streams/contract";

import { BookLevels } from "../book-levels.ts";
import { checkBook } from "../streams/book-checks.ts";
import { playedMarket, playMoney, reversalsIn, wholeLog } from "../testing/play-money.ts";
import type { StoredViews } from "./view-checks.ts";
import {
  checkBookView,
  checkCandlesView,
  checkTickerView,
  checkTradesView,
} from "./view-checks.ts";
import { ViewHistory } from "./view-history.ts";

const SEEDS = Array.from({ length: 9 }, (_, seed) => seed + 1);
const COMMANDS = 500;

test("the book after any command is what the events add up to, and crossed only where it may be", () => {
  const seen = new Set<string>();
  for (const seed of SEEDS) {
    const book = createBook();
    const source = new RandomCommands({ seed });
    const levels = new BookLevels();
    for (let count = 0; count < COMMANDS; count += 1) {
      book.apply(source.next(book.rules), (event) => {
        source.observe(event);
        levels.apply(event);
        for (const kind of kindsOf(event)) seen.add(kind);
      });
      if (isCrossed(levels)) seen.add("crossed book");
      const { told } = checkBook(playedMarket.market, book, levels);
      expect({ seed, count, told }).toEqual({ seed, count, told: [] });
    }
  }
  expect([...seen].toSorted()).toEqual([
    "auction trade at both sides' own prices",
    "auction trade at one price",
    "crossed book",
  ]);
});

test("views of random logs break nothing", () => {
  for (const seed of SEEDS) {
    const { events, frames } = playMoney({ seed, commands: COMMANDS }, () => undefined);
    const reversals = reversalsIn(events);
    const history = new ViewHistory(playedMarket, wholeLog, { reversals });
    for (const event of events) history.apply(event);
    const reversed = new Set(reversals.map(({ trade }) => formatPosition(trade)));
    expect(reversed.size).toBeGreaterThan(0);
    const view = emptyView(playedMarket.market, reversed);
    for (const [place, frame] of frames.entries()) applyFrame(view, frame, place + 1);
    const stored = storedOf(view);
    const told = [checkBookView, checkTickerView, checkTradesView, checkCandlesView].flatMap(
      (check) => check(stored, history).told,
    );
    expect({ seed, told }).toEqual({ seed, told: [] });
  }
});

function kindsOf(event: MarketEvent): string[] {
  if (event.kind !== "Trade" || event.auction === undefined) return [];
  const { buyerTicks, sellerTicks } = event.auction;
  return buyerTicks === sellerTicks
    ? ["auction trade at one price"]
    : ["auction trade at both sides' own prices"];
}

function isCrossed(levels: BookLevels): boolean {
  return Math.max(...levels.on("buy").keys()) >= Math.min(...levels.on("sell").keys());
}

/** As Redis would give it back. */
function storedOf(view: MarketView): StoredViews {
  const { market, at } = view;
  const { bids, asks } = viewBook(view, Number.MAX_SAFE_INTEGER);
  const { at: place, market: _, ...figures } = viewTicker(view);
  const ticker = { ...figures, at: formatPosition(place) };
  const candles = (interval: CandleInterval) =>
    newestCandles(view.candles[interval], { count: Number.MAX_SAFE_INTEGER });
  return {
    market,
    epoch: at.epoch,
    sequence: at.sequence,
    at: at.to,
    prices: { buy: pricesOf(bids), sell: pricesOf(asks) },
    lots: { buy: new Map(bids), sell: new Map(asks) },
    ticker: Object.fromEntries(Object.entries(ticker).map(([name, one]) => [name, String(one)])),
    trades: view.trades,
    candles: {
      "1s": candles("1s"),
      "1m": candles("1m"),
      "5m": candles("5m"),
      "15m": candles("15m"),
      "1h": candles("1h"),
      "4h": candles("4h"),
      "1d": candles("1d"),
      "1w": candles("1w"),
      "1M": candles("1M"),
    },
  };
}

function pricesOf(levels: readonly Level[]): number[] {
  return levels.map(([price]) => price).toSorted((left, right) => left - right);
}
