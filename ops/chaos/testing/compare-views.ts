/** The audit's comparison of Redis with the streams, by itself. */

import { openSnapshotStore } from "@exchange/engine/replay";
import { stream } from "@exchange/streams";
import type { Redis } from "ioredis";

import { Check, countViolations, formatCheck } from "../../audit/check.ts";
import { readLogStart } from "../../audit/read/log-start.ts";
import { readViewsAt } from "../../audit/read/views.ts";
import type { FoundViews } from "../../audit/views/view-checks.ts";
import {
  checkBookView,
  checkCandlesView,
  checkTickerView,
  checkTradesView,
  checkViewsPlace,
} from "../../audit/views/view-checks.ts";
import type { Reversal } from "../../audit/views/view-history.ts";
import { ViewHistory } from "../../audit/views/view-history.ts";
import type { Exchange } from "../../exchange/connect.ts";
import { listMarkets } from "../../exchange/connect.ts";
import { readEvents } from "../../exchange/read-epochs.ts";
import { lastSequence } from "../../exchange/read-log.ts";

const comparisons = [checkBookView, checkTickerView, checkTradesView, checkCandlesView];

/**
 * What is wrong with the views of any market, as text. They have to have what is in the logs now before `giveUpMs`; they
 * are compared afterwards, as they were when they had it.
 */
export async function findWrongViews(
  exchange: Exchange,
  redis: Redis,
  giveUpMs: number,
): Promise<string[]> {
  const found: FoundViews[] = [];
  for (const market of await listMarkets(exchange)) {
    const name = stream.events(market.market, market.epoch);
    const logged = await lastSequence(exchange.connection, name);
    const place = { market: market.market, sequence: logged };
    found.push({ market, logged, views: await readViewsAt(redis, place, giveUpMs) });
  }
  const checks: Check[] = [];
  for (const views of found) checks.push(...(await compare(exchange, views)));
  return checks.filter((check) => countViolations([check]) > 0).map(formatCheck);
}

async function compare({ connection }: Exchange, found: FoundViews): Promise<Check[]> {
  const { market, views } = found;
  const place = checkViewsPlace(found);
  if (views === undefined) return [place];
  const source = { connection };
  const start = await readLogStart(source, await openSnapshotStore(connection), market);
  if (start instanceof Check) return [place, start];
  const { from, later } = start;
  const reversals: Reversal[] = [];
  await readEvents(source, { market, from }, (event) => {
    if (event.kind !== "TradesReversed") return;
    for (const { command, index } of event.trades) {
      reversals.push({ trade: { command, index }, at: event });
    }
  });
  const history = new ViewHistory(market, views.at, { reversals, before: later?.views });
  await readEvents(source, { market, from }, (event) => history.apply(event));
  return [place, ...comparisons.map((check) => check(views, history))];
}
