/** Redis loses everything, and then goes back to an old dump, while a market trades and is read. */

import { expect, test } from "bun:test";

import { openRedis } from "@exchange/store";
import type { Redis } from "ioredis";

import { GOOD } from "../bench/open-loop.ts";
import { openTrader } from "../cli/testing/open-trader.ts";
import { listOwnMarket } from "../cli/testing/replay-file.ts";
import type { Exchange } from "../exchange/connect.ts";
import { readMarket, readRootRedisUrl, withExchange } from "../exchange/connect.ts";
import type { Account } from "../fuzz/account.ts";
import { logIn, openAccount } from "../fuzz/account.ts";
import { killAll, whenAllReady } from "./kill-processes.ts";
import { findWrongViews } from "./testing/compare-views.ts";
import { keepDump, restoreDump } from "./testing/forget-redis.ts";
import { startOrderFlow } from "./testing/order-flow.ts";
import { findStepsBack, findWrongAnswers } from "./testing/recompute-reads.ts";
import { viewNames, watchReads } from "./testing/watch-reads.ts";

const LIMIT_MS = 180_000;
const VIEWS_LIMIT_MS = 10_000;
const READY_LIMIT_MS = 30_000;
const ORDERS_PER_SECOND = 50;
const TRADE_ON_MS = 2000;

/** Its token is good until it expires, but for the logout. */
async function logOut(account: Account): Promise<void> {
  const { refreshToken } = account;
  const answer = await account.call("POST", "/v1/auth/logout", { body: { refreshToken } });
  expect(answer.status).toBe(204);
}

async function expectRefused(account: Account): Promise<void> {
  expect((await account.call("GET", "/v1/balances")).status).toBe(401);
}

/** Somebody comes who was never here, logs in and trades. */
async function expectOpenDoor(market: string): Promise<void> {
  const trader = await openTrader({ USD: "100" });
  const order = { market, type: "limit", side: "buy", price: "0.01", quantity: "1" };
  expect(await trader.place(order)).toMatchObject({ state: "OPEN" });
  trader.close();
}

interface Round {
  readonly exchange: Exchange;
  readonly redis: Redis;
  readonly market: string;
  /** Who logged out before. */
  readonly gone: readonly Account[];
}

/** What has to be so after Redis has forgotten. */
async function expectRecovery(round: Round, forgottenMs: number): Promise<void> {
  const { exchange, redis, market, gone } = round;
  expect(await findWrongViews(exchange, redis, forgottenMs + VIEWS_LIMIT_MS)).toEqual([]);
  for (const account of gone) await expectRefused(account);
  await expectOpenDoor(market);
}

test(
  "a Redis that was emptied, or put back to an old dump, under load: all views equal a replay within 10 s, no reader sees a wrong or an older one, and no logout is forgotten",
  async () => {
    const id = await listOwnMarket();
    await withExchange(async (exchange) => {
      const { gatewayUrl } = exchange.running;
      const market = await readMarket(exchange, id);
      // What goes on by itself ends also where an expectation failed.
      await using open = new AsyncDisposableStack();
      const redis = open.adopt(await openRedis(readRootRedisUrl()), (one) => one.disconnect());
      const first = await openAccount(gatewayUrl);
      const second = await logIn(gatewayUrl, first);
      await logOut(first);
      const flow = await startOrderFlow(gatewayUrl, market, ORDERS_PER_SECOND);
      const watch = watchReads(gatewayUrl, market);
      open.defer(async () => void (await Promise.all([flow.stop(), watch.stop()])));
      await Bun.sleep(TRADE_ON_MS);

      const emptiedMs = performance.now();
      await redis.flushall();
      await expectRecovery({ exchange, redis, market: id, gone: [first] }, emptiedMs);

      await keepDump(redis);
      await logOut(second);
      await Bun.sleep(TRADE_ON_MS);
      const restoredMs = performance.now();
      await restoreDump(redis);
      await expectRecovery({ exchange, redis, market: id, gone: [first, second] }, restoredMs);

      const { outcomes } = await flow.stop();
      expect([...outcomes.keys()].filter((outcome) => !outcome.startsWith(GOOD))).toEqual([]);
      const { answers, refusals } = await watch.stop();
      expect([...refusals.keys()].filter((code) => code !== "503 REBUILDING")).toEqual([]);
      for (const view of viewNames) {
        expect(answers.filter((answer) => answer.view === view).length).toBeGreaterThan(20);
      }
      expect(findStepsBack(answers)).toEqual([]);
      expect(await findWrongAnswers(exchange, market, answers)).toEqual([]);
      console.log(
        answers.length,
        "answers,",
        Object.fromEntries(refusals),
        Object.fromEntries(outcomes),
      );

      // A gateway that knows nothing of before asks who has logged out.
      await killAll([{ victim: "gateway", delayMs: 0 }], () => undefined);
      await whenAllReady(READY_LIMIT_MS);
      for (const account of [first, second]) await expectRefused(account);
    });
  },
  LIMIT_MS,
);
