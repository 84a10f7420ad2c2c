/** What a run of frames adds to the archive: their trades, and the candles that no trade can come to any more. */

import type { Frame, MarketId } from "@exchange/streams/contract";
import { assert, formatPosition, GENESIS, samePosition } from "@exchange/streams/contract";

import type { CandleInterval, TradeView } from "../api.ts";
import { candleIntervals } from "../api.ts";
import type { Candle, CandleSeries } from "../candles.ts";
import { addTrade } from "../candles.ts";
import type { EpochViews } from "../epoch-views.ts";
import { restoreView } from "../epoch-views.ts";
import { byInterval } from "../periods.ts";
import { tradeFigures, tradeView } from "../trade-view.ts";
import type { ArchiveCursor } from "./cursor.ts";
import type { TakenBack } from "./take-back.ts";

export interface SequencedFrame {
  readonly sequence: number;
  readonly frame: Frame;
}

export interface ArchiveStep {
  readonly market: MarketId;
  /** Undefined at the market's first frame. */
  readonly from: ArchiveCursor | undefined;
  readonly to: ArchiveCursor;
  /** Oldest first. */
  readonly trades: readonly TradeView[];
  readonly closed: Readonly<Record<CandleInterval, readonly Candle[]>>;
  /** Trades that are taken back, of this step or earlier ones. */
  readonly reversed: readonly TakenBack[];
}

const BEFORE_ALL = { epoch: 1, sequence: 0, position: GENESIS, timeMs: 0 };

/** Throws when the frames do not follow on the cursor: writing past a gap would hide it for ever. */
export function stepOver(
  market: MarketId,
  from: ArchiveCursor | undefined,
  frames: readonly SequencedFrame[],
): ArchiveStep {
  const trades: TradeView[] = [];
  const reversed: TakenBack[] = [];
  const closed = byInterval((): Candle[] => []);
  const series = byInterval((interval): CandleSeries => {
    const candle = from?.open[interval];
    return candle === undefined ? [] : [{ ...candle }];
  });
  let at: Omit<ArchiveCursor, "open"> = from ?? BEFORE_ALL;
  for (const { sequence, frame } of frames) {
    assertFollows(market, at, { sequence, frame });
    for (const event of frame.events) {
      if (event.kind === "TradesReversed") reversed.push(...event.trades);
      if (event.kind !== "Trade") continue;
      trades.push(tradeView(market, event));
      const figures = tradeFigures(event);
      for (const interval of candleIntervals) {
        const added = addTrade(series[interval], interval, figures);
        if (added.closed === undefined) continue;
        closed[interval].push(added.closed);
        series[interval].shift();
      }
    }
    at = { epoch: frame.epoch, sequence, position: frame.to, timeMs: frame.timeMs };
  }
  const to = { ...at, open: byInterval((interval) => series[interval].at(-1)) };
  return { market, from, to, trades, closed, reversed };
}

/** Of logs that are gone: what was kept of them. */
export function stepToEpochViews(views: EpochViews): ArchiveStep {
  const { market, at, trades, candles } = restoreView(views);
  const to = {
    epoch: at.epoch,
    sequence: at.sequence,
    position: at.to,
    timeMs: at.timeMs,
    open: byInterval((interval) => candles[interval].at(-1)),
  };
  const closed = byInterval((interval) => candles[interval].slice(0, -1));
  return { market, from: undefined, to, trades, closed, reversed: [] };
}

function assertFollows(
  market: MarketId,
  at: Pick<ArchiveCursor, "sequence" | "position">,
  { sequence, frame }: SequencedFrame,
): void {
  assert(frame.market === market, `${market}: frame ${sequence} is of ${frame.market}`);
  assert(
    sequence === at.sequence + 1 && samePosition(frame.from, at.position),
    `the archive of ${market} is at frame ${at.sequence} (${formatPosition(at.position)}) and was given frame ${sequence} from ${formatPosition(frame.from)}`,
  );
}
