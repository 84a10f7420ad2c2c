/** New logs for a market that trades, with whoever rotates it dying before each step. */

import { afterEach, expect, test } from "bun:test";

import { bucket } from "@exchange/streams";
import type { MarketEvent } from "@exchange/streams/contract";
import { until } from "@exchange/streams/testing";

import { readMarket, withExchange, withProvisioning } from "../../exchange/connect.ts";
import { followEvents } from "../../exchange/follow-events.ts";
import type { OrderSeen, Trader } from "../testing/open-trader.ts";
import { openTrader } from "../testing/open-trader.ts";
import { listOwnMarket } from "../testing/replay-file.ts";
import { expectExchange } from "../testing/run-exchange.ts";
import type { StepName } from "./rotate.ts";
import { rotateMarket } from "./rotate.ts";

const AT_ONCE = 4;
const LIMIT_MS = 120_000;

class Interrupted extends Error {}

let traders: Trader[] = [];
afterEach(() => {
  for (const trader of traders) trader.close();
  traders = [];
});

async function fund(funds: Readonly<Record<string, string>>): Promise<Trader> {
  const trader = await openTrader(funds);
  traders.push(trader);
  return trader;
}

/** Rotates until it is done, starting anew each time that it got one step further. Returns the steps begun. */
async function rotateInPieces(id: string): Promise<readonly StepName[]> {
  const begun: StepName[] = [];
  await withExchange(async (exchange) => {
    await withProvisioning(async (provision) => {
      const market = await readMarket(exchange, id);
      for (let allowed = 1; ; allowed += 1) {
        let count = 0;
        try {
          await rotateMarket({ exchange, provision, market }, (step) => {
            if (count === allowed) throw new Interrupted(step);
            count += 1;
            if (!begun.includes(step)) begun.push(step);
          });
          return;
        } catch (error) {
          if (!(error instanceof Interrupted)) throw error;
        }
      }
    });
  });
  return begun;
}

async function rotate(id: string): Promise<void> {
  await withExchange(async (exchange) => {
    await withProvisioning(async (provision) => {
      const market = await readMarket(exchange, id);
      await rotateMarket({ exchange, provision, market }, () => undefined);
    });
  });
}

/** As it stays when whoever rotates dies before it is removed. */
async function leaveSnapshot(market: string, epoch: number): Promise<void> {
  await withProvisioning(async (provision) => {
    const store = await provision.jetstream().views.os(bucket.snapshots);
    await store.putBlob({ name: `${market}.${epoch}.0` }, new Uint8Array(1));
  });
}

async function listSnapshots(market: string, epochs: readonly number[]): Promise<string[]> {
  return await withProvisioning(async (provision) => {
    const store = await provision.jetstream().views.os(bucket.snapshots);
    const names = epochs.flatMap((epoch) => [0, 1, 2].map((slot) => `${market}.${epoch}.${slot}`));
    const found = await Promise.all(names.map(async (name) => await store.info(name)));
    return found.flatMap((info) => (info === null || info.deleted ? [] : [info.name]));
  });
}

/** Sells and buys that meet each other, several at once, until stopped. Returns what became of each. */
function startTrading(market: string, [seller, buyer]: readonly [Trader, Trader]) {
  const ending = new AbortController();
  const seen: (OrderSeen | string)[] = [];
  const order = { market, type: "limit", price: "5.00", quantity: "0.01" };
  const flows = Array.from({ length: AT_ONCE }, async () => {
    while (!ending.signal.aborted) {
      seen.push(await seller.place({ ...order, side: "sell" }));
      seen.push(await buyer.place({ ...order, side: "buy" }));
    }
  });
  return async (): Promise<readonly (OrderSeen | string)[]> => {
    ending.abort();
    await Promise.all(flows);
    return seen;
  };
}

test(
  "orders that are placed while the logs begin anew are taken, each once, in the old epoch or the new one",
  async () => {
    const market = await listOwnMarket();
    const [base = ""] = market.split("-");
    const [seller, buyer] = [await fund({ [base]: "100" }), await fund({ USD: "1000" })];
    const resting = await buyer.place({
      market,
      side: "buy",
      type: "limit",
      price: "1.00",
      quantity: "2",
    });
    if (typeof resting === "string") throw new Error(resting);
    const stop = startTrading(market, [seller, buyer]);
    const begun = await rotateInPieces(market);
    expect(begun).toHaveLength(11);
    await leaveSnapshot(market, 1);
    // Once more, as two operators do it at once, from an epoch that is not the first.
    await Promise.all([rotate(market), rotate(market)]);
    expect(await listSnapshots(market, [1, 2])).toEqual([]);
    const seen = await stop();
    expect(seen.length).toBeGreaterThan(2 * AT_ONCE);
    const states = new Set(seen.map((one) => (typeof one === "string" ? one : one.state)));
    expect([...states].filter((state) => !["OPEN", "FILLED", "PENDING"].includes(state))).toEqual(
      [],
    );
    const ids = seen.flatMap((one) => (typeof one === "string" ? [] : [one.id]));
    expect(new Set(ids).size).toBe(seen.length);

    expect(await buyer.find(resting)).toMatchObject({ state: "OPEN" });
    expect(await buyer.cancel(resting)).toMatchObject({ state: "CANCELLED" });
    const trades = await expectExchange("trades", market, "--csv");
    await until(async () => (await buyer.balance("USD"))?.held === "0");
    expect(trades.trim().split("\n").length - 1).toBeGreaterThan(0);
    const audit = await expectExchange("audit", "--market", market);
    expect(audit.trim().split("\n").at(-1)).toBe("0 violations");
  },
  LIMIT_MS,
);

test(
  "what is due in the old epoch happens in the new one, where nobody trades",
  async () => {
    const market = await listOwnMarket();
    const trader = await fund({ USD: "100" });
    // A market that nobody has used yet has nothing but what the rotation itself writes.
    expect(await expectExchange("market", "rotate", market, "--json")).toContain('"epoch":2');
    const seen: MarketEvent[] = [];
    const expireTimeMs = Date.now() + 4000;
    const order = { market, side: "buy", type: "limit", price: "2.00", quantity: "10" };
    const placed = await trader.place({ ...order, timeInForce: "GTD", expireTimeMs });
    if (typeof placed === "string") throw new Error(placed);
    await withExchange(async (exchange) => {
      const markets = [await readMarket(exchange, market)];
      const followed = await followEvents(exchange.connection, markets, (_, event) => {
        seen.push(event);
      });
      await rotate(market);
      await until(() => seen.some(({ kind }) => kind === "OrderCancelled"));
      await followed.stop();
    });
    expect(new Set(seen.map(({ command }) => command)).size).toBeGreaterThan(2);
    await until(async () => (await trader.find(placed)).state === "CANCELLED");
    expect(Date.now()).toBeGreaterThanOrEqual(expireTimeMs);
    await until(async () => (await trader.balance("USD"))?.held === "0");
  },
  LIMIT_MS,
);
