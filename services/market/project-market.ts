/**
 * Making one market's views from its event log: step the frames that arrived, write what changed to
 * Redis, tell everyone. Two processes may do it at once; the one that Redis refuses starts over from
 * what the other wrote.
 */

import type { Market } from "@exchange/streams/contract";
import type { JetStreamManager } from "nats";

import type { FollowDeps } from "./follow-market.ts";
import { followMarket } from "./follow-market.ts";
import type { MarketView } from "./market-view.ts";
import { openView } from "./open-view.ts";
import type { Patience } from "./patiently.ts";

export interface ProjectionDeps extends FollowDeps {
  readonly jsm: JetStreamManager;
  /** A broken invariant: the process must not go on. */
  readonly fail: (error: unknown) => void;
}

export interface Projection {
  /** The views, unless they are being made anew or could not be written for a while. */
  current(): MarketView | undefined;
  /** Undefined when all is well, else what keeps it from showing the market. */
  trouble(): string | undefined;
  /** Finishes the write in hand. */
  stop(): Promise<void>;
}

/** Views that could not be written for this long count as not current. */
const TROUBLE_MAX_MS = 2000;
/** Two processes that take turns at losing should not do it at full speed. */
const SUPERSEDED_PAUSE_MS = 250;

export function projectMarket(deps: ProjectionDeps, market: Market): Projection {
  const ending = new AbortController();
  const { signal } = ending;
  let shown: MarketView | undefined;
  let troubledSinceMs: number | undefined;

  const patience: Patience = {
    signal,
    onTrouble(error) {
      if (error === undefined) {
        troubledSinceMs = undefined;
        return;
      }
      if (troubledSinceMs !== undefined) return;
      troubledSinceMs = performance.now();
      deps.telemetry.logger.warn({ err: error }, `the views of ${market.market} have to wait`);
    },
  };

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const opened = await openView({ ...deps, market, patience });
      if (opened.rebuildTo !== undefined) deps.metrics.rebuilds.inc({ market: market.market });
      await followMarket({ ...deps, market, patience, opened, onWhole: (view) => (shown = view) });
      shown = undefined;
      if (signal.aborted) break;
      deps.metrics.superseded.inc({ market: market.market });
      await Bun.sleep(SUPERSEDED_PAUSE_MS);
    }
  }

  const running = run().catch((error: unknown) => {
    if (!signal.aborted) deps.fail(error);
  });
  const isTroubled = (): boolean =>
    troubledSinceMs !== undefined && performance.now() - troubledSinceMs > TROUBLE_MAX_MS;
  return {
    current: () => (isTroubled() ? undefined : shown),
    trouble() {
      if (isTroubled()) return `the views of ${market.market} cannot be written`;
      return shown === undefined ? `the views of ${market.market} are being made` : undefined;
    },
    async stop() {
      ending.abort();
      await running;
      shown = undefined;
    },
  };
}
