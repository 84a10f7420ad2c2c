/** Every service is asked to end, one after the other, while orders come in: what it had begun, it finishes. */

import { expect, test } from "bun:test";

import { until } from "@exchange/streams/testing";

import { GOOD } from "../bench/open-loop.ts";
import { listOwnMarket } from "../cli/testing/replay-file.ts";
import { expectExchange } from "../cli/testing/run-exchange.ts";
import { readMarket, withExchange } from "../exchange/connect.ts";
import { stopRunning, whenAllReady } from "./kill-processes.ts";
import { startOrderFlow } from "./testing/order-flow.ts";
import { readOrderIds } from "./what-is-left.ts";

const LIMIT_MS = 180_000;
const ORDERS_PER_SECOND = 60;
const READY_LIMIT_MS = 30_000;
const TRADE_ON_MS = 1000;
/** Past its own limit, of 10 s, a process goes without having finished. */
const STOP_LIMIT_MS = 9000;

const services = ["market", "identity", "wallet", "engine-1", "order", "gateway"] as const;

/** While a process is away: refused at once, and nothing was done. Without identity nobody knows who has logged out. */
const refusals = ["no connection", "503 UNAVAILABLE", "503 FEED_STALE"];

async function countRows(mysqlUrl: string, market: string): Promise<number> {
  return [...(await readOrderIds(mysqlUrl, market)).values()].flat().length;
}

test(
  "every service ends on SIGTERM under load and loses neither a request nor a frame",
  async () => {
    const id = await listOwnMarket();
    await withExchange(async (exchange) => {
      const { gatewayUrl, mysqlUrl } = exchange.running;
      const market = await readMarket(exchange, id);
      const flow = await startOrderFlow(gatewayUrl, market, ORDERS_PER_SECOND);
      const tookMs: Record<string, number> = {};
      try {
        for (const service of services) {
          await Bun.sleep(TRADE_ON_MS);
          tookMs[service] = Math.round(await stopRunning(service));
          await whenAllReady(READY_LIMIT_MS);
        }
        await Bun.sleep(TRADE_ON_MS);
      } finally {
        const { outcomes } = await flow.stop();
        console.log(tookMs, Object.fromEntries(outcomes));
        const others = [...outcomes.keys()].filter((outcome) => !outcome.startsWith(GOOD));
        expect(others.filter((outcome) => !refusals.includes(outcome))).toEqual([]);
        const placed = [...outcomes]
          .filter(([outcome]) => outcome.startsWith(GOOD) && outcome.endsWith(" place"))
          .reduce((sum, [, count]) => sum + count, 0);
        expect(placed).toBeGreaterThan(200);
        await until(async () => (await countRows(mysqlUrl, id)) >= placed);
        expect(await countRows(mysqlUrl, id)).toBe(placed);
      }
      expect(Math.max(...Object.values(tookMs))).toBeLessThan(STOP_LIMIT_MS);
    });
    const audit = await expectExchange("audit");
    expect(audit.trim().split("\n").at(-1)).toBe("0 violations");
  },
  LIMIT_MS,
);
