/**
 * Making one market's views from its event log: step the frames that arrived, write what changed to
 * Redis, tell everyone. Two processes may do it at once; the one that Redis refuses starts over from
 * what the other wrote.
 */

import type { Market } from "@exchange/streams/contract";
import type { JetStreamManager } from "nats";

import { findReversed } from "./find-reversed.ts";
import type { FollowDeps } from "./follow-market.ts";
import { followMarket } from "./follow-market.ts";
import type { MarketView } from "./market-view.ts";
import { openView } from "./open-view.ts";
import type { Patience } from "./patiently.ts";
import type { ReversedTrades } from "./reversed-trades.ts";
import { NONE_REVERSED, ReversalMet } from "./reversed-trades.ts";

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
  /** Makes the views anew from the streams. True once Redis has none, false when the projection ends before. */
  rebuild(): Promise<boolean>;
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
  /** Set while somebody waits for the views to be cleared. */
  let clearing: PromiseWithResolvers<boolean> | undefined;
  /** Trades that views are made without, as far as was met. */
  let reversed: ReversedTrades = NONE_REVERSED;
  /** Redis has views with some of them. */
  let isOutdated = false;
  /** Ends what follows the log now, so that it starts anew. */
  let restart = new AbortController();

  const { patience, isTroubled } = watchTrouble(signal, (error) =>
    deps.telemetry.logger.warn({ err: error }, `the views of ${market.market} have to wait`),
  );

  function onCleared(): void {
    clearing?.resolve(true);
    clearing = undefined;
  }

  async function followUntilOver(): Promise<void> {
    restart = new AbortController();
    const again = restart.signal;
    const anew = clearing !== undefined || isOutdated;
    const untilOver = { ...patience, signal: AbortSignal.any([signal, again]) };
    try {
      const opened = await openView({ ...deps, market, patience, anew, reversed, onCleared });
      isOutdated = false;
      if (opened.rebuildTo !== undefined) deps.metrics.rebuilds.inc({ market: market.market });
      const onWhole = (view: MarketView): void => void (shown = view);
      await followMarket({ ...deps, market, patience: untilOver, opened, onWhole });
    } catch (error) {
      shown = undefined;
      if (error instanceof ReversalMet) {
        reversed = await findReversed({ ...deps, patience }, market);
        isOutdated = true;
        return;
      }
      // A write that was given up. What is wrong with the log itself is found again.
      if (!again.aborted) throw error;
    }
    shown = undefined;
    if (signal.aborted || again.aborted) return;
    deps.metrics.superseded.inc({ market: market.market });
    await Bun.sleep(SUPERSEDED_PAUSE_MS);
  }

  async function run(): Promise<void> {
    while (!signal.aborted) await followUntilOver();
  }

  const running = run().catch((error: unknown) => {
    if (!signal.aborted) deps.fail(error);
  });
  return {
    current: () => (isTroubled() ? undefined : shown),
    trouble() {
      if (isTroubled()) return `the views of ${market.market} cannot be written`;
      return shown === undefined ? `the views of ${market.market} are being made` : undefined;
    },
    async rebuild() {
      clearing ??= Promise.withResolvers();
      const { promise } = clearing;
      restart.abort();
      return await promise;
    },
    async stop() {
      ending.abort();
      await running;
      clearing?.resolve(false);
      shown = undefined;
    },
  };
}

/** `onFirst` is called with the first of failures in a row. */
function watchTrouble(
  signal: AbortSignal,
  onFirst: (error: unknown) => void,
): { readonly patience: Patience; readonly isTroubled: () => boolean } {
  let sinceMs: number | undefined;
  return {
    patience: {
      signal,
      onTrouble(error) {
        if (error !== undefined && sinceMs === undefined) onFirst(error);
        sinceMs = error === undefined ? undefined : (sinceMs ?? performance.now());
      },
    },
    isTroubled: () => sinceMs !== undefined && performance.now() - sinceMs > TROUBLE_MAX_MS,
  };
}
