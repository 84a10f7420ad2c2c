/** Engines as real processes, to be killed, paused and stopped. */

import { join } from "node:path";

import { bucket } from "@exchange/streams";
import type { Subprocess } from "bun";

import { minimalEnv } from "./env.ts";
import { freePort } from "./free-port.ts";
import type { PrivateNats } from "./private-nats.ts";
import type { TestMarket } from "./test-market.ts";
import { until } from "./until.ts";

export interface EngineProcess {
  readonly instance: string;
  /** `/readyz`: undefined while it starts. */
  readiness(): Promise<string | undefined>;
  /** One of its counters by its labels' values, the market first; 0 when it was never counted. */
  counter(name: string, ...labels: readonly string[]): Promise<number>;
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  /** SIGTERM. Resolves with the exit code. */
  stop(): Promise<number>;
  /** SIGKILL, whatever state it is in. */
  kill(): Promise<void>;
}

export interface EngineOptions {
  readonly server: Pick<PrivateNats, "url">;
  readonly instance: string;
  readonly snapshotEveryCommands?: number;
}

export function startEngine({ server, instance, ...options }: EngineOptions): EngineProcess {
  const adminPort = freePort();
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const engine: Subprocess = Bun.spawn(
    [process.execPath, "--no-env-file", join(import.meta.dir, "../main.ts")],
    {
      env: {
        ...minimalEnv(),
        NATS_URL: server.url,
        ADMIN_PORT: String(adminPort),
        SERVICE_INSTANCE: instance,
        // Every mismatch and halt that a test provokes is counted, and need not be read.
        LOG_LEVEL: "fatal",
        SNAPSHOT_EVERY_COMMANDS: String(options.snapshotEveryCommands ?? 1_000_000),
      },
      stdout: "inherit",
      stderr: "inherit",
    },
  );
  return {
    instance,
    async readiness() {
      const response = await fetch(`${adminUrl}/readyz`).catch(() => undefined);
      return await response?.text();
    },
    async counter(name, ...labels) {
      const text = await (await fetch(`${adminUrl}/metrics`)).text();
      const lines = text.split("\n").filter((line) => line.startsWith(`engine_${name}{`));
      const line = lines.find((one) => labels.every((label) => one.includes(`="${label}"`)));
      return Number(line?.split(" ").at(-1) ?? 0);
    },
    signal(name) {
      engine.kill(name);
    },
    async stop() {
      engine.kill("SIGTERM");
      return await engine.exited;
    },
    async kill() {
      engine.kill("SIGKILL");
      await engine.exited;
    },
  };
}

export async function untilReady(engine: EngineProcess): Promise<void> {
  await until(`${engine.instance} being ready`, async () =>
    (await engine.readiness()) === "ok\n" ? true : undefined,
  );
}

/** The instance that holds a market's lease, if any does. */
export async function leaseHolder({ connection, market }: TestMarket): Promise<string | undefined> {
  const leases = await connection.jetstream().views.kv(bucket.leases, { bindOnly: true });
  const entry = await leases.get(`engine.${market}`);
  return entry?.operation === "PUT" ? entry.string().split(" ")[0] : undefined;
}
