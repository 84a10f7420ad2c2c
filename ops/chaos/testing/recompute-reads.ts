/** What was answered to readers, against what the events say at the very positions that the answers name. */

import { viewBook, viewCandle, viewTicker, viewTrade } from "@exchange/gateway/market-view";
import type { Level } from "@exchange/market/api";
import type { Market, Position, Side } from "@exchange/streams/contract";
import { comparePositions, formatPosition, GENESIS } from "@exchange/streams/contract";
import { z } from "zod";

import { ViewHistory } from "../../audit/views/view-history.ts";
import type { Exchange } from "../../exchange/connect.ts";
import { readEvents } from "../../exchange/read-epochs.ts";
import type { ReadAnswer } from "./watch-reads.ts";
import { viewNames } from "./watch-reads.ts";

const EVERYTHING: Position = { command: Number.MAX_SAFE_INTEGER, index: 0 };
const BOOK_DEPTH = 50;
const TRADES = 50;
const CANDLES = 1000;

const Candles = z.looseObject({
  candles: z.array(z.looseObject({ openTimeMs: z.number(), trades: z.number() })),
});

/** Each time a reader was shown something older than before, as text. */
export function findStepsBack(answers: readonly ReadAnswer[]): string[] {
  return viewNames.flatMap((view) => {
    const places = answers.filter((answer) => answer.view === view).map(({ at }) => at);
    return places.flatMap((at, index) => {
      const before = places[index - 1];
      return before === undefined || comparePositions(before, at) <= 0
        ? []
        : [`${view}: ${formatPosition(before)}, then ${formatPosition(at)}`];
    });
  });
}

/** Answers that are not what the events say, as text. */
export async function findWrongAnswers(
  { connection }: Exchange,
  market: Market,
  answers: readonly ReadAnswer[],
): Promise<string[]> {
  const byPlace = Map.groupBy(answers, ({ at }) => formatPosition(at));
  const history = new ViewHistory(market, EVERYTHING);
  const wrong: string[] = [];
  const compareAt = (at: Position): void => {
    const place = formatPosition(at);
    for (const answer of byPlace.get(place) ?? []) {
      if (isAsRecomputed(market, history, answer)) continue;
      wrong.push(`${answer.view} at ${place}: ${JSON.stringify(answer.body)}`);
    }
    byPlace.delete(place);
  };
  compareAt(GENESIS);
  await readEvents({ connection }, { market }, (event) => {
    history.apply(event);
    compareAt(event);
  });
  return [...wrong, ...[...byPlace.keys()].map((place) => `no event is at ${place}`)];
}

function isAsRecomputed(
  market: Market,
  history: ViewHistory,
  { view, at, body }: ReadAnswer,
): boolean {
  switch (view) {
    case "book": {
      const [bids, asks] = [bestLevels(history, "buy"), bestLevels(history, "sell")];
      return Bun.deepEquals(body, viewBook(market, { market: market.market, at, bids, asks }));
    }
    case "ticker":
      return Bun.deepEquals(body, viewTicker(market, history.ticker()));
    case "trades": {
      const newest = history.trades.slice(-TRADES).toReversed();
      return (
        "trades" in body &&
        Bun.deepEquals(
          body.trades,
          newest.map((one) => viewTrade(market, one)),
        )
      );
    }
    case "candles":
      return isCandlesPage(market, history, body);
  }
}

function bestLevels(history: ViewHistory, side: Side): Level[] {
  const sign = side === "buy" ? -1 : 1;
  return [...history.levels(side)]
    .toSorted(([left], [right]) => sign * (left - right))
    .slice(0, BOOK_DEPTH);
}

/** Periods without a trade follow from those with one, which are compared. */
function isCandlesPage(market: Market, history: ViewHistory, body: object): boolean {
  const { candles } = Candles.parse(body);
  const firstMs = candles[0]?.openTimeMs ?? 0;
  const expected = history
    .candles("1s", CANDLES)
    .filter(({ openTimeMs }) => openTimeMs >= firstMs)
    .map((candle) => viewCandle(market, candle));
  return Bun.deepEquals(
    candles.filter(({ trades }) => trades > 0),
    expected,
  );
}
