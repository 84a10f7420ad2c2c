import { expect, test } from "bun:test";

import fc from "fast-check";

import { applyEvent, voidDueHolds } from "./settlement.ts";
import type { ScriptOrder } from "./testing/market-script.ts";
import { createMarketScript } from "./testing/market-script.ts";
import type { MemoryMarket } from "./testing/memory-ledger.ts";
import {
  createMemoryMarket,
  holdFor,
  memoryViolations,
  scriptOrder,
  testMarket,
} from "./testing/memory-ledger.ts";

const accountIds = [1, 2, 3];
const HOLD_LIFE = 5;

/** One thing that happens to a market; numbers choose among what is possible then. */
const step = fc.record({
  kind: fc.constantFrom("hold", "accept", "accept", "reject", "trade", "trade", "cancel", "tick"),
  pick: fc.nat(1000),
  other: fc.nat(1000),
  accountId: fc.constantFrom(...accountIds),
  side: fc.constantFrom("buy" as const, "sell" as const),
  ticks: fc.integer({ min: 1, max: 5 }),
  lots: fc.integer({ min: 1, max: 7 }),
});

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** A hand-driven market: money in memory, and an engine that only does what an engine may. */
interface Play {
  readonly state: MemoryMarket;
  readonly script: ReturnType<typeof createMarketScript>;
  readonly pending: ScriptOrder[];
  readonly live: ScriptOrder[];
  timeMs: number;
  holds: number;
}

function take(orders: ScriptOrder[], pick: number): ScriptOrder | undefined {
  return orders.length === 0 ? undefined : orders.splice(pick % orders.length, 1)[0];
}

function perform(play: Play, { kind, pick, other, accountId, side, ticks, lots }: Step): void {
  const { state, script, pending, live, timeMs } = play;
  const deadlineOf = (order: ScriptOrder) => state.holds.get(order.holdId)?.deadlineMs ?? 0;
  switch (kind) {
    case "hold": {
      const order = scriptOrder({ holdId: (play.holds += 1), accountId, side, ticks, lots });
      holdFor(state, order, timeMs + HOLD_LIFE);
      pending.push(order);
      return;
    }
    case "accept":
    case "reject": {
      const order = take(pending, pick);
      if (order === undefined) return;
      // The engine lets nothing in at T > D; that is what makes a release at D < T safe.
      if (kind === "reject" || timeMs > deadlineOf(order)) {
        applyEvent(state, script.reject(order, timeMs));
        return;
      }
      applyEvent(state, script.accept(order, timeMs));
      live.push(order);
      return;
    }
    case "trade": {
      const maker = live[pick % live.length];
      const taker = live[other % live.length];
      if (maker === undefined || taker === undefined || maker.side === taker.side) return;
      const [buyer, seller] = maker.side === "buy" ? [maker, taker] : [taker, maker];
      if (buyer.ticks < seller.ticks || maker.open === 0 || taker.open === 0) return;
      const traded = Math.min(lots, maker.open, taker.open);
      applyEvent(state, script.trade(maker, taker, { lots: traded, timeMs }));
      return;
    }
    case "cancel": {
      const order = take(live, pick);
      if (order !== undefined && order.open > 0) applyEvent(state, script.cancel(order, timeMs));
      return;
    }
    case "tick": {
      play.timeMs += lots;
      applyEvent(state, script.tick(play.timeMs));
      voidDueHolds(state, {
        holds: state.holds.values(),
        timeMs: play.timeMs,
        at: { command: 1, index: 0 },
      });
    }
  }
}

test("whatever an engine decides, no money is made, lost or owed, and holds agree with what is held", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120, size: "max" }), (steps) => {
      const state = createMemoryMarket(accountIds, 10n ** 20n);
      const script = createMarketScript(testMarket);
      const play: Play = { state, script, pending: [], live: [], timeMs: 100, holds: 0 };
      for (const one of steps) {
        perform(play, one);
        expect(memoryViolations(state)).toEqual([]);
      }
    }),
    { numRuns: 100 },
  );
});
