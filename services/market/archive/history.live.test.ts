/** Pages that reach further back than the views: from the archive, and refused while that cannot be told in whole. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import { openMysql } from "@exchange/store";
import { createTelemetry, request, startService } from "@exchange/streams/runtime";
import { until } from "@exchange/streams/testing";

import { marketEndpoints } from "../answer-reads.ts";
import type { CandlesView, CandleView, TradesView, TradeView } from "../api.ts";
import { CANDLES_MAX, readCandles, readTrades, RECENT_TRADES_MAX } from "../api.ts";
import { createMarketMetrics } from "../metrics.ts";
import { projectMarket } from "../project-market.ts";
import type { ArchiveDatabase } from "../testing/archive-database.ts";
import { openArchiveDatabase } from "../testing/archive-database.ts";
import { expectedPage } from "../testing/expected-views.ts";
import type { LiveMarket } from "../testing/live-market.ts";
import { openLiveMarket } from "../testing/live-market.ts";
import { archiveMarket } from "./archiver.ts";
import type { ArchiveDb } from "./cursor.ts";
import { readArchiveCursor } from "./cursor.ts";
import { createHistory } from "./history.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(60_000);

const TRADES = CANDLES_MAX + 200;

let live: LiveMarket;
let database: ArchiveDatabase;
const telemetry = createTelemetry({
  service: "market",
  instance: "market-test",
  logLevel: "fatal",
  traceExporter: "none",
});
const metrics = createMarketMetrics(telemetry);

/** A trade every 1.5 s, so that an older half of seconds is flat and neither view keeps all. */
beforeAll(async () => {
  live = await openLiveMarket();
  database = await openArchiveDatabase();
  const step = { pick: 0, side: "sell", priceTicks: 20, lots: 1 } as const;
  for (let index = 0; index < TRADES; index += 1) {
    live.script.step({ ...step, kind: "rest", priceTicks: 1 + (index % 30), advanceMs: 500 });
    live.script.step({ ...step, kind: "trade", advanceMs: 1000 });
    if (index % 50 !== 49) continue;
    const frame = live.script.cutFrame();
    if (frame !== undefined) await live.store(frame);
  }
});
afterAll(async () => {
  await live.remove();
  await database.remove();
});

function fail(error: unknown): void {
  throw error;
}

interface Reader {
  trades(query: { limit: number; before?: TradeView["at"] }): Promise<TradesView | string>;
  candles(query: { limit: number; beforeMs?: number }): Promise<CandlesView | string>;
}

/** Answers of a process with that database, from its memory or from Redis alone. */
async function withReader(
  db: ArchiveDb,
  from: "memory" | "redis",
  work: (reader: Reader) => Promise<void>,
): Promise<void> {
  const { connection, jsm } = live.scratch;
  const { market } = live.market;
  const deps = { connection, jsm, redis: live.redis, telemetry, metrics, fail };
  const projection = projectMarket(deps, live.market);
  await until(() => projection.current()?.at.timeMs === live.script.timeMs);
  const service = await startService(connection, {
    name: "market",
    endpoints: marketEndpoints({
      directory: { get: (id) => (id === market ? live.market : undefined) },
      redis: live.redis,
      history: createHistory(db),
      metrics,
      currentView: () => (from === "memory" ? projection.current() : undefined),
      onError: fail,
    }),
  });
  await work({
    async trades(query) {
      const body = { market, ...query };
      const reply = await request(connection, { endpoint: readTrades, body, timeoutMs: 9000 });
      return reply.kind === "ok" ? reply.value : reply.code;
    },
    async candles(query) {
      const body = { market, interval: "1s", ...query } as const;
      const reply = await request(connection, { endpoint: readCandles, body, timeoutMs: 9000 });
      return reply.kind === "ok" ? reply.value : reply.code;
    },
  });
  await service.stop();
  await projection.stop();
}

async function expectAllPages(reader: Reader): Promise<void> {
  const trades: TradeView[] = [];
  for (let page = 0; page < 9; page += 1) {
    const before = trades.at(-1)?.at;
    const found = await reader.trades({ limit: 300, ...(before !== undefined && { before }) });
    if (typeof found === "string") throw new Error(found);
    trades.push(...found.trades);
  }
  expect(trades.map(({ tradeId }) => tradeId)).toEqual(
    live.script.trades.toReversed().map(({ command, index }) => `${command}-${index}`),
  );
  const candles: CandleView[] = [];
  for (let page = 0; page < 5; page += 1) {
    const beforeMs = candles[0]?.openTimeMs;
    const query = { limit: 900, ...(beforeMs !== undefined && { beforeMs }) };
    const found = await reader.candles(query);
    if (typeof found === "string") throw new Error(found);
    candles.unshift(...found.candles);
  }
  expect(candles).toEqual(expectedPage(live.script, "1s", { limit: 4500 }));
}

test("an archive that is behind answers what is recent, and refuses the rest", async () => {
  await withReader(database.db, "memory", async (reader) => {
    expect(await reader.trades({ limit: RECENT_TRADES_MAX })).toBeObject();
    const [first] = live.script.trades;
    const before = { command: (first?.command ?? 0) + 20, index: 0 };
    expect(await reader.trades({ limit: 50, before })).toBe("HISTORY_UNAVAILABLE");
    expect(await reader.candles({ limit: 50 })).toBeObject();
    const beforeMs = (first?.timeMs ?? 0) + 60_000;
    expect(await reader.candles({ limit: 50, beforeMs })).toBe("HISTORY_UNAVAILABLE");
  });
  const { connection, jsm } = live.scratch;
  const deps = { connection, jsm, db: database.db, telemetry, metrics, fail };
  const archiver = archiveMarket(deps, live.market);
  const { market } = live.market;
  await until(
    async () => (await readArchiveCursor(database.db, market))?.timeMs === live.script.timeMs,
  );
  await archiver.stop();
  for (const from of ["memory", "redis"] as const) {
    await withReader(database.db, from, expectAllPages);
  }
});

test("without MySQL what is recent is answered, and history is refused", async () => {
  const away = openMysql<unknown>({ url: "mysql://nobody@127.0.0.1:1/nowhere", connectionsMax: 1 });
  await withReader(away, "redis", async (reader) => {
    expect(await reader.trades({ limit: RECENT_TRADES_MAX })).toBeObject();
    expect(await reader.candles({ limit: 1000 })).toBeObject();
    const beforeMs = (live.script.trades[0]?.timeMs ?? 0) + 60_000;
    expect(await reader.candles({ limit: 50, beforeMs })).toBe("HISTORY_UNAVAILABLE");
  });
  await away.destroy();
});
