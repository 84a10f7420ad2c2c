/** How old an edge says the views are that it follows: those of a real market service, which goes on or stands still. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import { candleIntervals } from "@exchange/market/api";
import {
  type LiveMarket,
  openLiveMarket,
  type ScriptStep,
  startMarketProcess,
} from "@exchange/market/testing";
import { commandPosition } from "@exchange/streams/contract";
import { ask, connectNats } from "@exchange/streams/runtime";
import { readTestServer, type ServiceProcess, until } from "@exchange/streams/testing";
import type { NatsConnection } from "nats";

import type { Known } from "../deps.ts";
import { type Hub, watchHub } from "./hub.ts";
import { type FollowedMarkets, followMarkets } from "./last-known.ts";

/** The machine may be busy with other things. */
setDefaultTimeout(60_000);

const STANDS_STILL_MS = 3000;
/** It is asked every second. */
const CURRENT_MS = 2000;

const rest: ScriptStep = {
  kind: "rest",
  side: "sell",
  priceTicks: 20,
  lots: 3,
  pick: 0,
  advanceMs: 1,
};
const trade: ScriptStep = { ...rest, kind: "trade", lots: 1 };

let live: LiveMarket;
let service: ServiceProcess;
let connection: NatsConnection;
let hub: Hub;
let followed: FollowedMarkets;
let played = 0;

beforeAll(async () => {
  live = await openLiveMarket();
  service = await startMarketProcess("market-edge-test");
  connection = await connectNats({ ...readTestServer(), name: "edge-test" });
  hub = watchHub({
    ask: async (timeoutMs) =>
      await ask(connection, { subject: "$JS.API.INFO", payload: new Uint8Array(), timeoutMs }),
  });
  const markets = {
    onMarket: (listener: (market: LiveMarket["market"]) => void) => listener(live.market),
  };
  followed = followMarkets({ connection, markets, hub });
  await play(rest, trade);
  await until(() => followed.isWhole);
  await untilAllIsHeard();
});
afterAll(async () => {
  followed.stop();
  hub.stop();
  await connection.close();
  service.goOn();
  await service.stop();
  await live.remove();
});

function views(): (Known | undefined)[] {
  const { market } = live.market;
  return [
    followed.book(market, 10),
    followed.ticker(market),
    followed.trades(market, 10),
    ...candleIntervals.map((interval) => followed.candles(market, interval, 10)),
  ];
}

const ages = (): number[] => views().map((known) => known?.ageMs ?? Number.NaN);

async function play(...steps: readonly ScriptStep[]): Promise<void> {
  await live.play(steps);
  played += steps.length;
}

async function untilAllIsHeard(): Promise<void> {
  const { market } = live.market;
  const at = `${market}:${commandPosition(played, 0)}`;
  await until(() => Bun.deepMatch({ body: { at } }, followed.book(market, 10) ?? {}));
}

test("every view stays current while the market goes on, also where nothing is traded", async () => {
  await play(rest);
  await untilAllIsHeard();
  await Bun.sleep(STANDS_STILL_MS);
  expect(Math.max(...ages())).toBeLessThan(CURRENT_MS);
});

test("while the market service stands still its views grow old, though NATS answers", async () => {
  service.pause();
  await play(rest, trade);
  await Bun.sleep(STANDS_STILL_MS);
  expect(hub.isReachable).toBe(true);
  expect(performance.now() - hub.heardMs).toBeLessThan(CURRENT_MS);
  expect(Math.min(...ages())).toBeGreaterThanOrEqual(STANDS_STILL_MS);
  service.goOn();
  await untilAllIsHeard();
  await until(() => Math.max(...ages()) < CURRENT_MS);
});
