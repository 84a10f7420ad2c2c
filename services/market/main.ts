/** The market service: the read side, made from the event logs, kept in Redis and archived in MySQL. */

import { openMysql, openRedis } from "@exchange/store";
import { sharedStreams } from "@exchange/streams";
import {
  assertStream,
  runProcess,
  serve,
  startService,
  watchMarkets,
} from "@exchange/streams/runtime";

import { marketEndpoints } from "./answer-reads.ts";
import { rebuildViews } from "./api.ts";
import { createHistory } from "./archive/history.ts";
import { readEnv } from "./env.ts";
import { createMarketMetrics, measureLag } from "./metrics.ts";
import { projectMarkets } from "./project-markets.ts";

const MYSQL_CONNECTIONS_MAX = 4;

const env = readEnv();

await runProcess("market", env, async ({ connection, telemetry, fail }) => {
  const jsm = await connection.jetstreamManager();
  for (const declaration of sharedStreams) await assertStream(jsm, declaration);
  const redis = await openRedis(env.REDIS_URL, { mayBeDown: true });
  // It may be away: only history is in it.
  const db = openMysql<unknown>({
    url: env.MYSQL_URL,
    connectionsMax: MYSQL_CONNECTIONS_MAX,
  });
  const directory = await watchMarkets(connection, telemetry.logger);
  const metrics = createMarketMetrics(telemetry);
  const projections = projectMarkets({
    connection,
    jsm,
    redis,
    db,
    telemetry,
    metrics,
    directory,
    owner: env.SERVICE_INSTANCE,
    fail,
  });
  measureLag(telemetry, () => projections.lag());
  const service = await startService(connection, {
    name: "market",
    endpoints: marketEndpoints({
      directory,
      redis,
      history: createHistory(db),
      metrics,
      currentView: (market) => projections.currentView(market),
      onError: (error) => telemetry.logger.error({ err: error }, "a read failed"),
    }),
  });
  const operator = await startService(connection, {
    name: "market-operator",
    endpoints: [
      serve(
        rebuildViews,
        async ({ market }) =>
          (await projections.rebuild(market))
            ? { kind: "ok", value: {} }
            : { kind: "refused", code: "UNKNOWN_MARKET" },
        (error) => telemetry.logger.error({ err: error }, "a rebuild failed"),
      ),
    ],
  });
  return {
    notReady: () => (redis.status === "ready" ? projections.trouble() : "Redis does not answer"),
    async stop() {
      await service.stop();
      await operator.stop();
      directory.stop();
      await projections.stop();
      redis.disconnect();
      await db.destroy();
    },
  };
});
