/** The market service's archive at one moment, in the order of its keys, a page of rows in memory at a time. */

import type { CandleInterval, CandleView } from "@exchange/market/api";
import type { MarketId, Position } from "@exchange/streams/contract";

import type { MysqlSnapshot, Row } from "./mysql-snapshot.ts";
import { numberOf, openMysqlSnapshot, textOf } from "./mysql-snapshot.ts";
import type { Cursors } from "./wallet.ts";
import { cursorTables, readCursors } from "./wallet.ts";

const PAGE_ROWS = 1000;

export interface ArchivedTrade {
  readonly at: Position;
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly takerSide: string;
  readonly timeMs: number;
}

export interface ArchiveCut {
  /** By market. */
  readonly cursors: Cursors;
  /** Those that are not closed at the cursor. */
  openCandles(market: MarketId): Promise<Readonly<Partial<Record<CandleInterval, CandleView>>>>;
  /** Oldest first, those after the position. */
  trades(market: MarketId, after: Position): AsyncGenerator<ArchivedTrade>;
  /** Oldest first, those that opened at that time or later. */
  candles(market: MarketId, interval: CandleInterval, fromMs: number): AsyncGenerator<CandleView>;
  end(): Promise<void>;
}

/** `url` with the database. */
export async function readArchive(url: string): Promise<ArchiveCut> {
  const snapshot = await openMysqlSnapshot(url);
  return {
    cursors: await readCursors(snapshot, cursorTables.archive),
    openCandles: (market) => readOpenCandles(snapshot, market),
    trades: (market, after) => readTrades(snapshot, market, after),
    candles: (market, interval, fromMs) =>
      readCandles(snapshot, `market = '${market}' and period = '${interval}'`, fromMs),
    end: async () => await snapshot.end(),
  };
}

type Rows = Pick<MysqlSnapshot, "rows">;

async function readOpenCandles(
  { rows }: Rows,
  market: MarketId,
): Promise<Partial<Record<CandleInterval, CandleView>>> {
  // Market ids are capitals, digits and a dash: nothing in them can end a literal.
  const [row] = await rows(`select open_candles from cursors where market = '${market}'`);
  const open: Partial<Record<CandleInterval, CandleView>> =
    row === undefined ? {} : JSON.parse(textOf(row, "open_candles"));
  return open;
}

async function* readTrades(
  { rows }: Rows,
  market: MarketId,
  start: Position,
): AsyncGenerator<ArchivedTrade> {
  for (let after = start; ;) {
    const page = await rows(
      `select command, event_index, price_ticks, qty_lots, taker_side, time_ms from trades
       where market = '${market}' and command >= ${after.command}
         and (command > ${after.command} or event_index > ${after.index})
       order by command, event_index limit ${PAGE_ROWS}`,
    );
    const trades = page.map(tradeOf);
    yield* trades;
    const last = trades.at(-1);
    if (last === undefined) return;
    after = last.at;
  }
}

async function* readCandles(
  { rows }: Rows,
  where: string,
  fromMs: number,
): AsyncGenerator<CandleView> {
  for (let from = fromMs; ;) {
    const page = await rows(
      `select open_time_ms, open_ticks, high_ticks, low_ticks, close_ticks, volume_lots,
         volume_tick_lots, trades
       from candles where ${where} and open_time_ms >= ${from}
       order by open_time_ms limit ${PAGE_ROWS}`,
    );
    const candles = page.map(candleOf);
    yield* candles;
    const last = candles.at(-1);
    if (last === undefined) return;
    from = last.openTimeMs + 1;
  }
}

function tradeOf(row: Row): ArchivedTrade {
  return {
    at: { command: numberOf(row, "command"), index: numberOf(row, "event_index") },
    priceTicks: numberOf(row, "price_ticks"),
    qtyLots: numberOf(row, "qty_lots"),
    takerSide: textOf(row, "taker_side"),
    timeMs: numberOf(row, "time_ms"),
  };
}

function candleOf(row: Row): CandleView {
  return {
    openTimeMs: numberOf(row, "open_time_ms"),
    openTicks: numberOf(row, "open_ticks"),
    highTicks: numberOf(row, "high_ticks"),
    lowTicks: numberOf(row, "low_ticks"),
    closeTicks: numberOf(row, "close_ticks"),
    volumeLots: textOf(row, "volume_lots"),
    volumeTickLots: textOf(row, "volume_tick_lots"),
    trades: numberOf(row, "trades"),
  };
}
