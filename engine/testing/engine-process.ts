/** Engines as real processes, to be killed, paused and stopped. */

import { bucket } from "@exchange/streams";
import type { ServiceProcess } from "@exchange/streams/testing";
import { startProcess } from "@exchange/streams/testing";

import type { PrivateNats } from "./private-nats.ts";
import type { TestMarket } from "./test-market.ts";

export interface EngineProcess extends ServiceProcess {
  readonly instance: string;
  /** One of its counters by its labels' values, the market first; 0 when it was never counted. */
  counter(name: string, ...labels: readonly string[]): Promise<number>;
}

export interface EngineOptions {
  readonly server: Pick<PrivateNats, "url">;
  readonly instance: string;
  readonly snapshotEveryCommands?: number;
}

export async function startEngine(options: EngineOptions): Promise<EngineProcess> {
  const { server, instance, snapshotEveryCommands = 1_000_000 } = options;
  const engine = await startProcess("engine/main.ts", {
    NATS_URL: server.url,
    SERVICE_INSTANCE: instance,
    SNAPSHOT_EVERY_COMMANDS: String(snapshotEveryCommands),
  });
  return {
    ...engine,
    instance,
    async counter(name, ...labels) {
      const text = await (await fetch(`${engine.adminUrl}/metrics`)).text();
      const lines = text.split("\n").filter((line) => line.startsWith(`engine_${name}{`));
      const line = lines.find((one) => labels.every((label) => one.includes(`="${label}"`)));
      return Number(line?.split(" ").at(-1) ?? 0);
    },
  };
}

/** The instance that holds a market's lease, if any does. */
export async function leaseHolder({ connection, market }: TestMarket): Promise<string | undefined> {
  const leases = await connection.jetstream().views.kv(bucket.leases, { bindOnly: true });
  const entry = await leases.get(`engine.${market}`);
  return entry?.operation === "PUT" ? entry.string().split(" ")[0] : undefined;
}
