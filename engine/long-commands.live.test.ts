/** Commands with thousands of events, most of which fill many frames, and an engine that dies among them. */

import { expect, test } from "bun:test";

import { decodeFrame, stream, subject } from "@exchange/streams";
import type { Command, OrderTerms } from "@exchange/streams/contract";
import { assertPriceTicks, CANCEL_SLICE_MAX, TRIGGER_SLICE_MAX } from "@exchange/streams/contract";
import { FAR_DEADLINE_MS, limitTerms, placeLimitOrder } from "@exchange/streams/testing";

import type { EngineProcess } from "./testing/engine-process.ts";
import { activeEngine, startEngine } from "./testing/engine-process.ts";
import { usePrivateNats } from "./testing/private-nats.ts";
import type { TestMarket } from "./testing/test-market.ts";
import { openTestMarket } from "./testing/test-market.ts";
import { until } from "./testing/until.ts";
import { verifyMarket } from "./testing/verify-market.ts";

const TIMEOUT_MS = 120_000;
const MAKERS = 5000;
const PAIRS = 2500;
const ENGINES = ["engine-1", "engine-2", "engine-3"] as const;

const server = usePrivateNats();

interface LongCommand {
  readonly name: string;
  readonly before: readonly Command[];
  /** Its engine dies behind each. */
  readonly long: readonly Command[];
  /** A slice of a mass cancel mostly fits into one frame. */
  readonly isCut: boolean;
}

const sell = placeLimitOrder({ side: "sell", price: 100, qty: 1 });
const stopTerms: OrderTerms = {
  ...limitTerms({ side: "sell", price: 80, qty: 1 }),
  type: "stop-limit",
  triggerTicks: assertPriceTicks(95),
};
const cancelAll: Command = { kind: "CancelAllOrders", accountId: 1, deadlineMs: FAR_DEADLINE_MS };

const commands: readonly LongCommand[] = [
  {
    name: "a sweep of 5,000 makers",
    before: times(MAKERS, sell),
    long: [placeLimitOrder({ side: "buy", price: 100, qty: MAKERS, accountId: 2 })],
    isCut: true,
  },
  {
    name: "an auction of 2,500 pairs",
    before: [
      { kind: "SetMarketState", state: "auction", definitionVersion: 2 },
      ...times(PAIRS, { ...sell, definitionVersion: 2 }),
      ...times(PAIRS, {
        ...placeLimitOrder({ side: "buy", price: 101, qty: 1, accountId: 2 }),
        definitionVersion: 2,
      }),
    ],
    long: [{ kind: "SetMarketState", state: "continuous", definitionVersion: 3 }],
    isCut: true,
  },
  {
    name: "a cascade of 1,000 stops",
    before: [
      placeLimitOrder({ side: "buy", price: 90, qty: TRIGGER_SLICE_MAX + 1, accountId: 2 }),
      ...times(TRIGGER_SLICE_MAX, { ...sell, terms: stopTerms }),
    ],
    long: [placeLimitOrder({ side: "sell", price: 90, qty: 1, accountId: 3 })],
    isCut: true,
  },
  {
    name: "a mass cancel in two slices",
    before: times(2 * CANCEL_SLICE_MAX, sell),
    long: [cancelAll, cancelAll],
    isCut: false,
  },
  {
    name: "a delisting in two slices",
    before: times(2 * CANCEL_SLICE_MAX, sell),
    long: [{ kind: "CancelMarketOrders" }, { kind: "CancelMarketOrders" }],
    isCut: false,
  },
];

function times(count: number, command: Command): Command[] {
  return Array.from({ length: count }, () => command);
}

/** Resolves when a frame ends inside a command: its engine has more to say. */
async function nextCutFrame({ connection, market }: TestMarket): Promise<void> {
  const heard = Promise.withResolvers<void>();
  const subscription = connection.subscribe(subject.republishedEvents(market), {
    callback: (_error, { data }) => {
      if (!decodeFrame(data).complete) heard.resolve();
    },
  });
  await heard.promise;
  subscription.unsubscribe();
}

test.each(commands)(
  "$name goes on where it was cut when its engine dies",
  async ({ before, long, isCut }) => {
    const listed = await openTestMarket(server());
    const { appender, jsm, market } = listed;
    const engines = await Promise.all(
      ENGINES.map(async (instance) => await startEngine({ server: server(), instance })),
    );
    const alive = new Set(engines);
    let ticks = 0;
    /** Two engines that both mean to be active learn who is from the next frame, so there has to be one. */
    const tickUntilActive = async (): Promise<EngineProcess | undefined> => {
      ticks += 1;
      await appender.append({ kind: "Tick" });
      return await activeEngine(alive, market);
    };
    try {
      await Promise.all(before.map(async (command) => await appender.append(command)));
      await verifyMarket(listed);
      for (const command of long) {
        const active = await until("an engine becoming active", tickUntilActive);
        const cut = isCut ? nextCutFrame(listed) : undefined;
        await Promise.all([appender.append(command), cut]);
        alive.delete(active);
        await active.kill();
      }
      const verified = await verifyMarket(listed);
      expect(verified.commands).toBe(before.length + long.length + ticks);
      const { state } = await jsm.streams.info(stream.events(market, 1));
      const last = await jsm.streams.getMessage(stream.events(market, 1), { seq: state.last_seq });
      expect(decodeFrame(last.data).complete).toBe(true);
    } finally {
      await Promise.all(engines.map(async (engine) => await engine.kill()));
      await listed.remove();
    }
  },
  TIMEOUT_MS,
);
