/** Everything the read side knows about a market at one position, stepped by the engine's frames. */

import type {
  Frame,
  MarketEvent,
  MarketId,
  MarketStatus,
  OrderCancelled,
  OrderRested,
  OrderUpdated,
  Position,
  PriceTicks,
  Side,
  Trade,
} from "@exchange/streams/contract";
import {
  assert,
  formatPosition,
  GENESIS,
  GENESIS_STATUS,
  otherSide,
  samePosition,
  statusAfter,
  unreachable,
} from "@exchange/streams/contract";

import type { BookView, CandleInterval, TickerView, TradeView } from "./api.ts";
import { candleIntervals, RECENT_TRADES_MAX } from "./api.ts";
import type { Book } from "./book.ts";
import { addLots, bestPrice, createBook, removeLots, topLevels } from "./book.ts";
import type { CandleSeries } from "./candles.ts";
import { addTrade } from "./candles.ts";
import { byInterval } from "./periods.ts";
import type { ReversedTrades } from "./reversed-trades.ts";
import { NONE_REVERSED, ReversalMet, reversedIn } from "./reversed-trades.ts";
import type { RollingDay } from "./rolling-day.ts";
import { createRollingDay } from "./rolling-day.ts";
import { tradeFigures, tradeView } from "./trade-view.ts";
import type { ViewChanges } from "./view-changes.ts";
import { createChanges } from "./view-changes.ts";

/** How far the views are, and what proves that they are made from this log. */
export interface ViewPosition {
  readonly epoch: number;
  /** Of the last frame in the event stream. */
  readonly sequence: number;
  /** That frame's last event. */
  readonly to: Position;
  /** Running hash after that event. */
  readonly hash: string;
  /** Engine time of that event, ms. */
  readonly timeMs: number;
  /** Where trades were taken back last. Absent: none were. */
  readonly reversedAt?: Position;
}

export interface MarketView {
  readonly market: MarketId;
  at: ViewPosition;
  /** What the market's definition follows. */
  status: MarketStatus;
  readonly book: Book;
  /** Oldest first, `RECENT_TRADES_MAX` and at times a few more. */
  trades: TradeView[];
  readonly candles: Readonly<Record<CandleInterval, CandleSeries>>;
  readonly day: RollingDay;
  /** Trades that it is made without. */
  readonly reversed: ReversedTrades;
  /** What changed since it was last written. */
  changes: ViewChanges;
}

export type ViewContents = Pick<
  MarketView,
  "market" | "at" | "status" | "book" | "trades" | "candles"
>;

export function createView(
  contents: ViewContents,
  reversed: ReversedTrades = NONE_REVERSED,
): MarketView {
  return {
    ...contents,
    reversed,
    day: createRollingDay(contents.candles["1m"]),
    changes: createChanges(),
  };
}

/** The view before a market's first event. */
export function emptyView(market: MarketId, reversed?: ReversedTrades): MarketView {
  const at = { epoch: 1, sequence: 0, to: GENESIS, hash: "", timeMs: 0 };
  const nothing = { status: GENESIS_STATUS, book: createBook(), trades: [] };
  return createView({ market, at, ...nothing, candles: byInterval(() => []) }, reversed);
}

/**
 * Throws unless the frame is the very next one: a view with a hole is worse than none. Throws `ReversalMet` when it takes
 * trades back that the view may have: then it has to be made anew.
 */
export function applyFrame(view: MarketView, frame: Frame, sequence: number): void {
  const { at, market } = view;
  assert(frame.market === market, `${market} was given a frame of ${frame.market}`);
  assert(
    sequence === at.sequence + 1 && samePosition(frame.from, at.to),
    `${market} is at frame ${at.sequence} (${formatPosition(at.to)}) and was given frame ${sequence} from ${formatPosition(frame.from)}`,
  );
  // Before anything changes: what is shown meanwhile has to be what its position says.
  const reversedAt = findReversal(view, frame.events) ?? at.reversedAt;
  for (const event of frame.events) applyEvent(view, event);
  view.at = {
    epoch: frame.epoch,
    sequence,
    to: frame.to,
    hash: frame.hashAtTo,
    timeMs: frame.timeMs,
    ...(reversedAt !== undefined && { reversedAt }),
  };
}

export function viewBook({ market, at, book }: MarketView, depth: number): BookView {
  const { buy, sell } = book;
  return { market, at: at.to, bids: topLevels(buy, depth), asks: topLevels(sell, depth) };
}

export function viewTicker({ market, at, book, trades, day }: MarketView): TickerView {
  const { volumeLots, volumeTickLots, ...prices } = day.at(at.timeMs);
  const last = trades.at(-1)?.priceTicks;
  const bid = bestPrice(book.buy);
  const ask = bestPrice(book.sell);
  return {
    market,
    at: at.to,
    ...(last === undefined ? {} : { lastTicks: last }),
    ...prices,
    ...(bid === undefined ? {} : { bidTicks: bid }),
    ...(ask === undefined ? {} : { askTicks: ask }),
    volumeLots: volumeLots.toString(),
    volumeTickLots: volumeTickLots.toString(),
    timeMs: at.timeMs,
  };
}

/** The last event that takes trades back. Throws when the view has some of them. */
function findReversal(
  { reversed }: MarketView,
  events: readonly MarketEvent[],
): Position | undefined {
  let last: Position | undefined;
  for (const event of events) {
    if (event.kind !== "TradesReversed") continue;
    if (!reversedIn([event]).every((id) => reversed.has(id))) throw new ReversalMet(event);
    last = { command: event.command, index: event.index };
  }
  return last;
}

function applyEvent(view: MarketView, event: MarketEvent): void {
  switch (event.kind) {
    case "OrderRested":
      return rest(view, event);
    case "Trade":
      return trade(view, event);
    case "OrderCancelled":
      return event.rested ? leave(view, event) : undefined;
    case "OrderUpdated":
      return event.withdrawnLots > 0 ? withdraw(view, event) : undefined;
    case "OrderAccepted":
    case "OrderRejected":
    case "OrderTriggered":
    case "OrdersCancelled":
    case "CommandRejected":
    case "Ticked":
    case "AuctionUncrossed":
    case "TradesReversed":
      return undefined;
    case "MarketStateChanged":
    case "MarketRulesChanged":
      view.status = statusAfter(view.status, event);
      return undefined;
    default:
      return unreachable(event);
  }
}

/** Of an iceberg only what it shows. */
function rest({ book, changes }: MarketView, event: OrderRested): void {
  const { side, priceTicks, openLots, displayLots } = event;
  addLots(book[side], priceTicks, displayLots ?? openLots);
  changes.prices[side].add(priceTicks);
}

function leave({ book, changes }: MarketView, event: OrderCancelled): void {
  removeLots(book[event.side], event.priceTicks, event.displayLots ?? event.openLots);
  changes.prices[event.side].add(event.priceTicks);
}

function withdraw({ book, changes }: MarketView, event: OrderUpdated): void {
  removeLots(book[event.side], event.previousTicks, event.withdrawnLots);
  changes.prices[event.side].add(event.previousTicks);
}

/** Where a trade's lots leave the book: on the maker's side, and after an auction on both. */
function levelsOf({ auction, takerSide, priceTicks }: Trade): [Side, PriceTicks][] {
  if (auction === undefined) return [[otherSide(takerSide), priceTicks]];
  return [
    ["buy", auction.buyerTicks],
    ["sell", auction.sellerTicks],
  ];
}

function trade(view: MarketView, event: Trade): void {
  const { book, candles, changes, market } = view;
  for (const [side, levelTicks] of levelsOf(event)) {
    removeLots(book[side], levelTicks, event.qtyLots);
    changes.prices[side].add(levelTicks);
  }

  const traded = tradeView(market, event);
  if (view.reversed.has(traded.tradeId)) return;
  changes.trades.push(traded);
  view.trades.push(traded);
  // Cut now and then, since cutting moves the whole list.
  if (view.trades.length > 2 * RECENT_TRADES_MAX) {
    view.trades = view.trades.slice(-RECENT_TRADES_MAX);
  }
  const figures = tradeFigures(event);
  for (const interval of candleIntervals) {
    const { candle, closed } = addTrade(candles[interval], interval, figures);
    changes.candles[interval].add(candle);
    if (closed !== undefined) changes.closed[interval].push(closed);
  }
}
