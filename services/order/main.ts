/** The order service: wiring. */

import { assertDurable, assertSchema, openMysql } from "@exchange/store";
import type { MarketId } from "@exchange/streams/contract";
import type { MarketDirectory, ProcessContext, RunningProcess } from "@exchange/streams/runtime";
import { runProcess, startService, watchMarkets } from "@exchange/streams/runtime";
import { sql } from "kysely";

import { openDesks } from "./desks.ts";
import { createEndpoints } from "./endpoints.ts";
import type { Env } from "./env.ts";
import { readEnv } from "./env.ts";
import type { FeeVolumes } from "./fee-volumes.ts";
import { openFeeVolumes } from "./fee-volumes.ts";
import { createHoldFunds } from "./hold-funds.ts";
import { createMetrics } from "./metrics.ts";
import { migrations } from "./migrations/index.ts";
import type { OpenDesk } from "./open-desk.ts";
import { createCursorWatch } from "./projection/cursor-watch.ts";
import { createIsOpen } from "./session-tie.ts";
import type { Db, Tables } from "./tables.ts";
import { watchSessions } from "./watch-sessions.ts";

const MYSQL_CONNECTIONS_MAX = 8;
/** Below the runtime's own limit, so that what is in flight ends before the connection does. */
const FINISH_LIMIT_MS = 7000;
const FINISH_POLL_MS = 10;

async function start(env: Env, context: ProcessContext): Promise<RunningProcess> {
  const { connection, telemetry } = context;
  const { logger, registry } = telemetry;
  const db = openMysql<Tables>({ url: env.MYSQL_URL, connectionsMax: MYSQL_CONNECTIONS_MAX });
  await assertDurable(db);
  await assertSchema(db, migrations);
  const jsm = await connection.jetstreamManager();
  const directory = await watchMarkets(connection, logger);
  const desks = new Map<MarketId, OpenDesk>();
  const metrics = createMetrics(registry, desks);
  const cursors = createCursorWatch(db);
  const open = await openDesks(
    {
      context,
      jsm,
      db,
      cursors,
      metrics,
      owner: env.SERVICE_INSTANCE,
      inFlightMax: env.ORDERS_IN_FLIGHT_MAX,
    },
    directory,
    desks,
  );
  const holdFunds = createHoldFunds({
    connection,
    onRetry: () => metrics.holdRetries.inc(),
    onBatch: (size) => metrics.holdBatch.observe(size),
  });
  const isSessionOpen = createIsOpen(db);
  const fees = await openFees(db, directory, logger);
  const deps = {
    connection,
    jsm,
    db,
    desks,
    holdFunds,
    isSessionOpen,
    fees,
    cursors,
    telemetry,
    metrics,
  };
  const endpoints = createEndpoints(deps, (error) =>
    logger.error({ err: error }, "a request failed"),
  );
  const sessions = await watchSessions(deps, env.SERVICE_INSTANCE);
  const service = await startService(connection, { name: "order", endpoints: endpoints.served });
  return {
    async notReady() {
      await sql`select 1`.execute(db);
      const failing = open.failing();
      return failing.length === 0 ? undefined : `not projecting: ${failing.join(", ")}`;
    },
    async stop() {
      await service.stop();
      await sessions.stop();
      const untilMs = performance.now() + FINISH_LIMIT_MS;
      while (endpoints.active() > 0 && performance.now() < untilMs) await Bun.sleep(FINISH_POLL_MS);
      await fees.stop();
      directory.stop();
      await open.close();
      await db.destroy();
    },
  };
}

async function openFees(
  db: Db,
  directory: MarketDirectory,
  logger: ProcessContext["telemetry"]["logger"],
): Promise<FeeVolumes> {
  return await openFeeVolumes({
    db,
    markets: () => directory.list(),
    nowMs: Date.now,
    onFailure: (error) => logger.warn({ err: error }, "fee tiers stay as they were"),
  });
}

const env = readEnv();
await runProcess("order", env, async (context) => await start(env, context));
