/** A steady flow of commands into a market's log, the same for the same seed. */

import type { Command } from "@exchange/streams/contract";
import type { EpochAppender } from "@exchange/streams/runtime";
import { placeLimitOrder } from "@exchange/streams/testing";

/** Makes the next command: nine placements around a price to one cancel-all of some account. */
export function createCommandFlow(seed: number): () => Command {
  let state = seed;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return () => {
    const accountId = 1 + draw(20);
    if (draw(10) === 0) {
      return { kind: "CancelAllOrders", accountId, deadlineMs: Number.MAX_SAFE_INTEGER };
    }
    const side = draw(2) === 0 ? "buy" : "sell";
    return placeLimitOrder({ side, price: 990 + draw(20), qty: 1 + draw(9), accountId });
  };
}

export interface Flow {
  /** Ends the flow; resolves with the number of commands once each is stored. */
  stop(): Promise<number>;
  /** Ends it and forgets what is under way, for tests that failed. */
  abandon(): void;
}

const TURN_MS = 10;

/** Appends `perSecond` commands a second until stopped. */
export function startFlow(appender: EpochAppender, perSecond: number, seed = 1): Flow {
  const nextCommand = createCommandFlow(seed);
  const stored: Promise<unknown>[] = [];
  const perTurn = Math.ceil((perSecond * TURN_MS) / 1000);
  const timer = setInterval(() => {
    for (let count = 0; count < perTurn; count += 1) {
      const storing = appender.append(nextCommand());
      // Whoever stops the flow is told; until then nobody is there to hear it.
      storing.catch(() => undefined);
      stored.push(storing);
    }
  }, TURN_MS);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(stored);
      return stored.length;
    },
    abandon() {
      clearInterval(timer);
    },
  };
}
