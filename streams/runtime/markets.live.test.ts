/** What makes a market's definition follow its log, whoever writes it and in whatever order. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import { encodeJson } from "../codec.ts";
import type { MarketEvent, MarketStatus } from "../contract/index.ts";
import { GENESIS_STATUS, statusAfter } from "../contract/index.ts";
import { bucket } from "../subjects.ts";
import type { ScratchMarket } from "../testing/scratch-market.ts";
import { openScratchMarket } from "../testing/scratch-market.ts";
import { until } from "../testing/until.ts";
import { watchMarkets, writeMarketStatus } from "./markets.ts";
import { announceReconnect } from "./on-reconnect.ts";
import { createTelemetry } from "./telemetry.ts";

let scratch: ScratchMarket;
beforeAll(async () => {
  scratch = await openScratchMarket();
});
afterAll(async () => {
  await scratch.remove();
});

const events: readonly MarketEvent[] = [
  { ...at(1), kind: "MarketRulesChanged", rules: { openOrdersMax: 5 }, definitionVersion: 2 },
  { ...at(2), kind: "MarketStateChanged", state: "auction", definitionVersion: 3 },
  { ...at(3), kind: "Ticked" },
  { ...at(4), kind: "MarketRulesChanged", rules: {}, definitionVersion: 4 },
  { ...at(5), kind: "MarketStateChanged", state: "continuous", definitionVersion: 4 },
];

function at(command: number) {
  return { command: command * 1024, index: 1, timeMs: 1 };
}

function statuses(): MarketStatus[] {
  let status = GENESIS_STATUS;
  return events.map((event) => (status = statusAfter(status, event)));
}

async function shown(): Promise<MarketStatus | undefined> {
  const directory = await watchMarkets(scratch.connection);
  directory.stop();
  return directory.get(scratch.definition.market);
}

test("a definition never goes back, and several writers leave the newest", async () => {
  const { connection, definition } = scratch;
  const { market } = definition;
  expect(await writeMarketStatus(connection, market, GENESIS_STATUS)).toBe(false);
  const [rules, auction, ticked, , last] = statuses();
  if (rules === undefined || auction === undefined || last === undefined) throw new Error("none");
  expect(ticked).toBe(auction);
  expect(await writeMarketStatus(connection, market, auction)).toBe(true);
  expect(await shown()).toMatchObject({
    state: "auction",
    rules: { openOrdersMax: 5 },
    version: 3,
  });
  expect(await writeMarketStatus(connection, market, rules)).toBe(false);
  const written = await Promise.all(
    [...statuses(), ...statuses()].map(async (one) => writeMarketStatus(connection, market, one)),
  );
  expect(written).toContain(true);
  expect(await shown()).toMatchObject({ ...definition, ...last });
  expect(await writeMarketStatus(connection, "NOT-LISTED", last)).toBe(false);
});

test("a directory that pauses hears of nothing, and of what it missed after the next reconnect", async () => {
  const own = await openScratchMarket();
  const { connection } = own;
  const { market } = own.definition;
  const [paused, other] = [await watchMarkets(connection), await watchMarkets(connection)];
  const states = () => [paused, other].map((directory) => directory.get(market)?.state);
  paused.pause();
  await writeMarketStatus(connection, market, { state: "auction", version: 2, changedAt: at(1) });
  await until(() => other.get(market)?.state === "auction");
  expect(states()).toEqual(["continuous", "auction"]);
  announceReconnect(connection);
  await until(() => paused.get(market)?.state === "auction");
  await writeMarketStatus(connection, market, { state: "halted", version: 3, changedAt: at(2) });
  await until(() => Bun.deepEquals(states(), ["halted", "halted"]));
  for (const directory of [paused, other]) directory.stop();
  await own.remove();
});

test("what is no definition, as by a slip of the hand, stops no service, and a command says so", async () => {
  const own = await openScratchMarket();
  const { connection } = own;
  const { market } = own.definition;
  const { logger } = createTelemetry({
    service: "markets-test",
    instance: "markets-test",
    logLevel: "silent",
    traceExporter: "none",
  });
  const running = await watchMarkets(connection, logger);
  const definitions = await connection.jetstream().views.kv(bucket.markets, { bindOnly: true });
  try {
    await definitions.put(`market.${market}`, "tick: 1");
    await expect(watchMarkets(connection)).rejects.toThrow(`market.${market} in the bucket`);
    const started = await watchMarkets(connection, logger);
    expect(started.get(market)).toBeUndefined();
    expect(started.get(scratch.definition.market)).toBeDefined();
    await definitions.put(`market.${market}`, encodeJson({ ...own.definition, version: 7 }));
    for (const directory of [running, started]) {
      await until(() => directory.get(market)?.version === 7);
      directory.stop();
    }
  } finally {
    await own.remove();
  }
});
