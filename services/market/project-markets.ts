/** Following every listed market whose lease this process holds: its views, and behind them its archive. */

import { eventLog, stream } from "@exchange/streams";
import type { Market, MarketId } from "@exchange/streams/contract";
import type { Lease, MarketDirectory } from "@exchange/streams/runtime";
import { assertStream, campaignForLease } from "@exchange/streams/runtime";
import type { JetStreamManager } from "nats";

import type { Archiver, ArchiverDeps } from "./archive/archiver.ts";
import { archiveMarket } from "./archive/archiver.ts";
import type { MarketView } from "./market-view.ts";
import type { ProjectionLag } from "./metrics.ts";
import type { Projection, ProjectionDeps } from "./project-market.ts";
import { projectMarket } from "./project-market.ts";

export interface Projections {
  currentView(market: MarketId): MarketView | undefined;
  /** Undefined when all that are followed here are shown. */
  trouble(): string | undefined;
  lag(): Promise<ProjectionLag[]>;
  /** Resolves once the views are cleared, to be made anew. False when the market is not followed here. */
  rebuild(market: MarketId): Promise<boolean>;
  stop(): Promise<void>;
}

export interface ProjectionsOptions extends ProjectionDeps, Pick<ArchiverDeps, "db"> {
  readonly directory: Pick<MarketDirectory, "onMarket">;
  /** Whose leases these are, for people who look. */
  readonly owner: string;
}

export function projectMarkets(options: ProjectionsOptions): Projections {
  const { directory, jsm, fail, telemetry } = options;
  const known = new Map<MarketId, Market>();
  const running = new Map<MarketId, Projection>();
  const archiving = new Map<MarketId, Archiver>();
  const campaigns: Promise<Lease | undefined>[] = [];
  let isStopping = false;

  function start({ market }: Market): void {
    // As it was last defined, which may be since it was first seen.
    const definition = known.get(market);
    if (definition === undefined) return;
    running.set(market, projectMarket(options, definition));
    archiving.set(market, archiveMarket(options, definition));
  }

  function stop({ market }: Market): void {
    void running.get(market)?.stop();
    running.delete(market);
    void archiving.get(market)?.stop();
    archiving.delete(market);
  }

  async function campaign(market: Market): Promise<Lease | undefined> {
    await assertStream(jsm, eventLog(market.market, market.epoch));
    if (isStopping) return undefined;
    return await campaignForLease({
      connection: options.connection,
      key: `market.${market.market}`,
      owner: options.owner,
      onGained() {
        telemetry.logger.info(`following ${market.market}`);
        start(market);
      },
      onLost() {
        telemetry.logger.warn(`lost the lease of ${market.market}`);
        stop(market);
      },
    });
  }

  directory.onMarket((market) => {
    if (isStopping) return;
    const before = known.get(market.market);
    known.set(market.market, market);
    if (before === undefined) {
      const campaigning = campaign(market);
      campaigning.catch(fail);
      campaigns.push(campaigning);
    } else if (before.epoch !== market.epoch && running.has(market.market)) {
      // Two of one market for a moment do no harm: Redis and the archive's cursor refuse the one that is behind.
      stop(market);
      start(market);
    }
  });

  return {
    currentView: (market) => running.get(market)?.current(),
    trouble: () => [...running.values()].map((projection) => projection.trouble()).find(Boolean),
    async lag() {
      const lags = [...running].map(async ([market, projection]) => {
        const definition = known.get(market);
        return definition === undefined ? [] : await readLag(jsm, definition, projection);
      });
      return (await Promise.all(lags)).flat();
    },
    rebuild: async (market) => (await running.get(market)?.rebuild()) ?? false,
    async stop() {
      isStopping = true;
      const ending = [...running.values(), ...archiving.values()];
      await Promise.all(ending.map(async (one) => await one.stop()));
      const leases = await Promise.all(campaigns);
      await Promise.all(leases.map(async (lease) => await lease?.release()));
    },
  };
}

/** None while nothing is shown. */
async function readLag(
  jsm: JetStreamManager,
  { market, epoch }: Market,
  projection: Projection,
): Promise<ProjectionLag[]> {
  const at = projection.current()?.at;
  if (at === undefined) return [];
  try {
    const { state } = await jsm.streams.info(stream.events(market, epoch));
    const frames = Math.max(0, state.last_seq - at.sequence);
    return [{ market, frames, seconds: frames === 0 ? 0 : (Date.now() - at.timeMs) / 1000 }];
  } catch {
    // Unknown while NATS is away: no figure is better than an old one.
    return [];
  }
}
