/** Engines as real processes, to be killed, paused and stopped. */

import { join } from "node:path";

import { bucket } from "@exchange/streams";
import type { MarketId } from "@exchange/streams/contract";
import type { readTestServer } from "@exchange/streams/testing";
import type { Subprocess } from "bun";
import type { NatsConnection } from "nats";

import { minimalEnv } from "./env.ts";

export interface EngineProcess {
  readonly instance: string;
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  /** SIGTERM. Resolves with the exit code. */
  stop(): Promise<number>;
  /** SIGKILL, whatever state it is in. */
  kill(): Promise<void>;
}

export interface EngineOptions {
  readonly server: ReturnType<typeof readTestServer>;
  readonly instance: string;
  readonly snapshotEveryCommands?: number;
}

export function startEngine({ server, instance, ...options }: EngineOptions): EngineProcess {
  const engine: Subprocess = Bun.spawn(
    [process.execPath, "--no-env-file", join(import.meta.dir, "../main.ts")],
    {
      env: {
        ...minimalEnv(),
        NATS_URL: server.url,
        ...(server.user === undefined ? {} : { NATS_USER: server.user }),
        ...(server.password === undefined ? {} : { NATS_PASSWORD: server.password }),
        ADMIN_PORT: "0",
        SERVICE_INSTANCE: instance,
        LOG_LEVEL: "error",
        SNAPSHOT_EVERY_COMMANDS: String(options.snapshotEveryCommands ?? 1_000_000),
      },
      stdout: "inherit",
      stderr: "inherit",
    },
  );
  return {
    instance,
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

/** The instance that holds a market's lease, if any does. */
export async function leaseHolder(
  connection: NatsConnection,
  market: MarketId,
): Promise<string | undefined> {
  const leases = await connection.jetstream().views.kv(bucket.leases, { bindOnly: true });
  const entry = await leases.get(`engine.${market}`);
  return entry?.operation === "PUT" ? entry.string().split(" ")[0] : undefined;
}
