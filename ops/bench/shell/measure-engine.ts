/** From the command log to the events stream: one market's engine as it runs in production, each frame synced. */

import { createEngineMetrics } from "@exchange/engine/metrics";
import { openSnapshotStore } from "@exchange/engine/replay";
import { runMarket } from "@exchange/engine/run-market";
import { decodeFrame, eventLog, stream, subject } from "@exchange/streams";
import type { MarketId } from "@exchange/streams/contract";
import { sequenceOf } from "@exchange/streams/contract";
import { createTelemetry } from "@exchange/streams/runtime";
import type { JetStreamManager, NatsConnection } from "nats";

import { BENCH_EPOCH } from "./fill-log.ts";

/** The benchmark is about matching, not about snapshots. */
const SNAPSHOT_EVERY_COMMANDS = 1_000_000_000;
const POLL_MS = 5;

/** Seconds until the events of the log's last record were stored, the engine's start included. */
export async function measureEngine(
  connection: NatsConnection,
  market: MarketId,
  lastRecord: number,
): Promise<number> {
  const jsm = await connection.jetstreamManager();
  await jsm.streams.add(eventLog(market, BENCH_EPOCH));
  const telemetry = createTelemetry({
    service: "bench",
    instance: "bench",
    logLevel: "warn",
    traceExporter: "none",
    traceUrl: "",
    sampleRatio: 0,
  });
  const startedMs = performance.now();
  const engine = await runMarket({
    connection,
    jsm,
    market,
    epoch: BENCH_EPOCH,
    isFirst: () => true,
    snapshots: await openSnapshotStore(connection),
    makeSnapshot: async () => await Promise.resolve("not needed"),
    telemetry,
    metrics: createEngineMetrics(telemetry),
    instance: "bench",
    snapshotEveryCommands: SNAPSHOT_EVERY_COMMANDS,
  });
  while ((await lastRecordDecided(jsm, market)) < lastRecord) {
    if (engine.halted !== undefined) throw new Error(engine.halted);
    await Bun.sleep(POLL_MS);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  await engine.stop();
  await telemetry.stop();
  return seconds;
}

/** Of which every event is stored. */
async function lastRecordDecided(jsm: JetStreamManager, market: MarketId): Promise<number> {
  const last = await jsm.streams
    .getMessage(stream.events(market, BENCH_EPOCH), {
      last_by_subj: subject.events(market, BENCH_EPOCH),
    })
    .catch(() => undefined);
  if (last === undefined) return 0;
  const { to, complete } = decodeFrame(last.data);
  return sequenceOf(to.command) - (complete ? 0 : 1);
}
