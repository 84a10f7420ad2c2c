/** The engine process: decides what happens in every market, or stands by for another engine that does. */

import { runProcess, startService, watchMarkets } from "@exchange/streams/runtime";

import { readEnv } from "./env.ts";
import { joinMembers } from "./members.ts";
import { createEngineMetrics } from "./metrics.ts";
import { serveMarkets } from "./serve-markets.ts";
import { createSnapshotMaker } from "./snapshot-maker.ts";
import { openSnapshotStore } from "./snapshot.ts";

const env = readEnv();

await runProcess("engine", env, async ({ connection, telemetry, fail }) => {
  const directory = await watchMarkets(connection, telemetry.logger);
  const deps = {
    connection,
    jsm: await connection.jetstreamManager(),
    snapshots: await openSnapshotStore(connection),
    makeSnapshot: createSnapshotMaker(),
    telemetry,
    metrics: createEngineMetrics(telemetry),
    instance: env.SERVICE_INSTANCE,
    snapshotEveryCommands: env.SNAPSHOT_EVERY_COMMANDS,
  };
  const members = await joinMembers(connection, env.SERVICE_INSTANCE);
  const served = serveMarkets({ deps, directory, members, fail });
  await startService(connection, { name: "engine", endpoints: [] });
  return {
    notReady: () => served.notReady(),
    async stop() {
      directory.stop();
      await served.stop();
    },
  };
});
