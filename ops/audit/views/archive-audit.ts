/**
 * The archive of a market against its events, as both are read: no more than a page of rows and the open candles is in
 * memory, however long the history is.
 */

import type { CandleInterval, CandleView } from "@exchange/market/api";
import { candleIntervals } from "@exchange/market/api";
import type { Frame, MarketId, Position, Trade } from "@exchange/streams/contract";
import { comparePositions, formatPosition, GENESIS } from "@exchange/streams/contract";

import { Check } from "../check.ts";
import { isThrough } from "../position.ts";
import type { ArchiveCut, ArchivedTrade } from "../read/archive.ts";
import { cursorOf } from "../read/wallet.ts";
import type { Candle } from "./candle.ts";
import { addToCandle, candleFromView, candleOf, candleToView, periodStart } from "./candle.ts";
import { SortedRows } from "./sorted-rows.ts";
import type { ViewStart } from "./view-history.ts";
import { reversedBy } from "./view-history.ts";

export class ArchiveAudit {
  readonly #market: MarketId;
  readonly #cut: ArchiveCut;
  readonly #limit: Position;
  readonly #reversed: ReadonlySet<string>;
  readonly #tradesCheck: Check;
  readonly #candlesCheck: Check;
  readonly #trades: SortedRows<ArchivedTrade>;
  readonly #candles = new Map<CandleInterval, SortedRows<CandleView>>();
  readonly #open = new Map<CandleInterval, Candle>();

  /** `before`: what the views were when the first event comes. Absent: there were none. */
  constructor(cut: ArchiveCut, market: MarketId, { reversals, before }: ViewStart) {
    this.#market = market;
    this.#cut = cut;
    this.#limit = cursorOf(cut.cursors, market);
    this.#reversed = reversedBy(reversals, this.#limit);
    this.#tradesCheck = new Check(`${market}: archived trades = replay`);
    this.#candlesCheck = new Check(`${market}: archived candles = recomputed`);
    this.#trades = new SortedRows(cut.trades(market, before?.at.to ?? GENESIS), {
      check: this.#tradesCheck,
      compare: (left, right) => comparePositions(left.at, right.at),
      nameOf: ({ at }) => `${market} trade ${formatPosition(at)}`,
    });
    for (const interval of candleIntervals) {
      const open = before?.candles[interval].at(-1);
      if (open !== undefined) this.#open.set(interval, candleFromView(open));
      const rows = new SortedRows(cut.candles(market, interval, open?.openTimeMs ?? 0), {
        check: this.#candlesCheck,
        compare: (left, right) => left.openTimeMs - right.openTimeMs,
        nameOf: ({ openTimeMs }) => `${market} ${interval} candle of ${openTimeMs}`,
      });
      this.#candles.set(interval, rows);
    }
  }

  async frame({ events }: Frame): Promise<void> {
    for (const event of events) {
      if (event.kind !== "Trade" || !isThrough(event, this.#limit)) continue;
      if (!this.#reversed.has(formatPosition(event))) await this.#trade(event);
    }
  }

  /** After the last frame. */
  async finish(): Promise<readonly Check[]> {
    await this.#trades.expectEnd();
    const open = await this.#cut.openCandles(this.#market);
    for (const [interval, rows] of this.#candles) {
      await rows.expectEnd();
      const expected = this.#open.get(interval);
      const wanted = expected === undefined ? undefined : candleToView(expected);
      if (Bun.deepEquals(open[interval], wanted)) continue;
      const [shown, right] = [JSON.stringify(open[interval]), JSON.stringify(wanted)];
      this.#candlesCheck.violate(
        `${this.#market} ${interval}, open at the cursor`,
        `${shown}, expected ${right}`,
      );
    }
    return [this.#tradesCheck, this.#candlesCheck];
  }

  async #trade(trade: Trade): Promise<void> {
    const { command, index, priceTicks, qtyLots, takerSide, timeMs } = trade;
    const at = { command, index };
    await this.#trades.expectNext({ at, priceTicks, qtyLots, takerSide, timeMs });
    for (const [interval, rows] of this.#candles) {
      const openTimeMs = periodStart(interval, timeMs);
      const open = this.#open.get(interval);
      if (open?.openTimeMs === openTimeMs) {
        addToCandle(open, trade);
        continue;
      }
      if (open !== undefined) await rows.expectNext(candleToView(open));
      this.#open.set(interval, candleOf(openTimeMs, trade));
    }
  }
}
