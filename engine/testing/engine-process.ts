/** Engines as real processes, to be killed, paused and stopped. */

import type { MarketId } from "@exchange/streams/contract";
import type { ServiceProcess } from "@exchange/streams/testing";
import { startProcess } from "@exchange/streams/testing";

import type { PrivateNats } from "./private-nats.ts";

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

/** The one of these engines that publishes a market. Undefined while none does, or one takes over from another. */
export async function activeEngine(
  engines: Iterable<EngineProcess>,
  market: MarketId,
): Promise<EngineProcess | undefined> {
  const active: EngineProcess[] = [];
  for (const engine of engines) {
    if ((await engine.counter("active", market)) === 1) active.push(engine);
  }
  return active.length === 1 ? active[0] : undefined;
}
