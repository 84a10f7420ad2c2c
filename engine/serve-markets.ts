/**
 * The markets of the directory that fall to this process, those listed later included. One that falls to somebody
 * else is left only when this process does not publish it any more, so that whoever gets it has the time to
 * catch up.
 */

import type { Market, MarketId } from "@exchange/streams/contract";
import type { MarketDirectory } from "@exchange/streams/runtime";

import type { EngineDeps } from "./market-context.ts";
import type { Members } from "./members.ts";
import { COPIES } from "./rendezvous.ts";
import type { MarketEngine } from "./run-market.ts";
import { runMarket } from "./run-market.ts";

/** A market that fell to others is served at least this much longer: they have to read its log first. */
const LINGER_MS = 5000;
const REVIEW_MS = 1000;

export interface ServedMarkets {
  /** Undefined when every market runs, else what does not. */
  notReady(): string | undefined;
  stop(): Promise<void>;
}

export interface ServeOptions {
  readonly deps: EngineDeps;
  readonly directory: Pick<MarketDirectory, "onMarket">;
  readonly members: Members;
  readonly fail: (error: unknown) => void;
}

/** What becomes of one market in this process, one step after another. */
interface Slot {
  epoch: number;
  isWanted: boolean;
  unwantedSinceMs: number;
  steps: Promise<void>;
  running: MarketEngine | undefined;
}

export function serveMarkets({ deps, directory, members, fail }: ServeOptions): ServedMarkets {
  const slots = new Map<MarketId, Slot>();

  function step(slot: Slot, work: () => Promise<void>): void {
    slot.steps = slot.steps.then(work).catch(fail);
  }

  function restart(market: MarketId, slot: Slot): void {
    const { epoch } = slot;
    step(slot, async () => {
      await slot.running?.stop();
      slot.running = undefined;
      // What was decided meanwhile has a step of its own behind this one.
      if (!slot.isWanted || slot.epoch !== epoch) return;
      const rank = (): number => members.rankFor(market);
      slot.running = await runMarket({ ...deps, market, epoch, isFirst: () => rank() === 0 });
    });
  }

  function review(): void {
    for (const [market, slot] of slots) {
      // In a quiet market nothing else would show that it changed hands.
      if (slot.running !== undefined) {
        deps.metrics.isActive.set({ market }, slot.running.isActive ? 1 : 0);
      }
      const isMine = members.rankFor(market) < COPIES;
      if (isMine && !slot.isWanted) {
        slot.isWanted = true;
        restart(market, slot);
      }
      if (isMine) slot.unwantedSinceMs = performance.now();
      const hasLingered = performance.now() - slot.unwantedSinceMs > LINGER_MS;
      if (slot.isWanted && hasLingered && slot.running?.mayLeave === true) {
        slot.isWanted = false;
        restart(market, slot);
      }
    }
  }

  function list({ market, epoch }: Market): void {
    const slot = slots.get(market);
    if (slot?.epoch === epoch) return;
    if (slot === undefined) slots.set(market, emptySlot(epoch));
    else {
      // A market's next epoch begins where the engine of the last one has ended.
      slot.epoch = epoch;
      if (slot.isWanted) restart(market, slot);
    }
    review();
  }

  members.onChange(review);
  directory.onMarket(list);
  const timer = setInterval(review, REVIEW_MS);
  return {
    notReady() {
      for (const [market, { isWanted, running }] of slots) {
        if (isWanted && running === undefined) return `${market} is starting`;
        if (running?.halted !== undefined) return `${market} halted: ${running.halted}`;
      }
      return undefined;
    },
    async stop() {
      clearInterval(timer);
      // The others take over what they see this process leave, while it publishes what it has decided.
      await members.leave();
      for (const slot of slots.values()) {
        slot.isWanted = false;
        step(slot, async () => await slot.running?.stop());
      }
      await Promise.all([...slots.values()].map(({ steps }) => steps));
    },
  };
}

function emptySlot(epoch: number): Slot {
  return {
    epoch,
    isWanted: false,
    unwantedSinceMs: performance.now(),
    steps: Promise.resolve(),
    running: undefined,
  };
}
