/** The life of a process: start, admin port, ready or not, drain on SIGTERM, loud end on a broken rule. */

import type { NatsConnection } from "nats";

import { assertServer, connectNats } from "./connect.ts";
import type { CheckReady } from "./readiness.ts";
import { createReadiness } from "./readiness.ts";
import type { RuntimeEnv } from "./runtime-env.ts";
import type { Telemetry } from "./telemetry.ts";
import { createTelemetry } from "./telemetry.ts";

/** A drain that takes longer is cut: the log and the cursors make that safe. */
const DRAIN_LIMIT_MS = 10_000;

export interface ProcessContext {
  readonly connection: NatsConnection;
  readonly telemetry: Telemetry;
  /** Ends the process with exit code 1 after one log line that names what broke. */
  readonly fail: (error: unknown) => void;
}

export interface RunningProcess {
  /** Undefined when ready, else what is missing, in a few words. */
  readonly notReady: () => Promise<string | undefined> | string | undefined;
  /** Finishes what was accepted and gives back what is held. */
  readonly stop: () => Promise<void>;
}

/** Runs until a signal or a failure. Never returns to a caller that has more to do. */
export async function runProcess(
  service: string,
  env: RuntimeEnv,
  start: (context: ProcessContext) => Promise<RunningProcess>,
): Promise<void> {
  const telemetry = createTelemetry({
    service,
    instance: env.SERVICE_INSTANCE,
    logLevel: env.LOG_LEVEL,
    traceExporter: env.TRACE_EXPORTER,
    traceUrl: env.TRACE_URL,
    sampleRatio: env.TRACE_SAMPLE_RATIO,
  });
  const { logger } = telemetry;
  const fail = (error: unknown): void => {
    logger.fatal({ err: error }, `${service} stops: ${String(error)}`);
    process.exit(1);
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  try {
    const connection = await connectNats({
      url: env.NATS_URL,
      user: env.NATS_USER,
      password: env.NATS_PASSWORD,
      name: service,
      inbox: env.NATS_INBOX,
    });
    await assertServer(await connection.jetstreamManager());
    const running = await start({ connection, telemetry, fail });
    const check = createReadiness(telemetry, () => notReady(connection, running));
    const admin = serveAdmin(env, telemetry, check);
    stopOnSignals(async () => {
      await running.stop();
      await connection.drain();
      await admin.stop();
      await telemetry.stop();
      logger.info(`${service} stopped`);
    }, fail);
    logger.info({ adminPort: admin.port }, `${service} started`);
  } catch (error) {
    fail(error);
  }
}

async function notReady(
  connection: NatsConnection,
  running: RunningProcess,
): Promise<string | undefined> {
  if (connection.isClosed()) return "the NATS connection is closed";
  try {
    await connection.flush();
    return await running.notReady();
  } catch (error) {
    return String(error);
  }
}

function serveAdmin(
  env: RuntimeEnv,
  { registry }: Telemetry,
  check: CheckReady,
): Bun.Server<undefined> {
  return Bun.serve({
    hostname: env.ADMIN_HOST,
    port: env.ADMIN_PORT,
    routes: {
      "/livez": () => new Response("ok\n"),
      "/readyz": async () => {
        const missing = await check();
        return new Response(`${missing ?? "ok"}\n`, { status: missing === undefined ? 200 : 503 });
      },
      "/metrics": async () =>
        new Response(await registry.metrics(), {
          headers: { "content-type": registry.contentType },
        }),
    },
    fetch: () => new Response("not found\n", { status: 404 }),
  });
}

function stopOnSignals(stop: () => Promise<void>, fail: (error: unknown) => void): void {
  let stopping = false;
  const onSignal = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(0), DRAIN_LIMIT_MS).unref();
    stop().then(() => process.exit(0), fail);
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}
