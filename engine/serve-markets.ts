/** One engine for each market of the directory, those listed later included. */

import type { Market, MarketId } from "@exchange/streams/contract";
import type { MarketDirectory } from "@exchange/streams/runtime";

import type { EngineDeps } from "./market-context.ts";
import type { MarketEngine } from "./run-market.ts";
import { runMarket } from "./run-market.ts";

export interface ServedMarkets {
  /** Undefined when every market runs, else what does not. */
  notReady(): string | undefined;
  stop(): Promise<void>;
}

interface Served {
  readonly epoch: number;
  readonly engine: Promise<MarketEngine>;
  /** Set once it runs. */
  running?: MarketEngine;
}

export function serveMarkets(
  deps: EngineDeps,
  directory: Pick<MarketDirectory, "onMarket">,
  fail: (error: unknown) => void,
): ServedMarkets {
  const served = new Map<MarketId, Served>();

  function serve({ market, epoch }: Market): void {
    const former = served.get(market);
    if (former?.epoch === epoch) return;
    const engine = startAfter(former, () => runMarket({ ...deps, market, epoch }));
    const entry: Served = { epoch, engine };
    served.set(market, entry);
    noteStart(entry).catch(fail);
  }

  directory.onMarket(serve);
  return {
    notReady() {
      for (const [market, { running }] of served) {
        if (running === undefined) return `${market} is starting`;
        if (running.halted !== undefined) return `${market} halted: ${running.halted}`;
      }
      return undefined;
    },
    async stop() {
      const engines = await Promise.all([...served.values()].map(({ engine }) => engine));
      await Promise.all(engines.map((engine) => engine.stop()));
    },
  };
}

async function noteStart(entry: Served): Promise<void> {
  entry.running = await entry.engine;
}

/** A market's next epoch begins where the engine of the last one has ended. */
async function startAfter(
  former: Served | undefined,
  start: () => Promise<MarketEngine>,
): Promise<MarketEngine> {
  const engine = await former?.engine;
  await engine?.stop();
  return await start();
}
