import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";

import type { FeeTier, Market } from "@exchange/streams/contract";
import { changeFees, createMarket } from "@exchange/streams/contract";
import { btcUsd } from "@exchange/streams/testing";
import { sql } from "kysely";

import { dropDays, openFeeVolumes } from "./fee-volumes.ts";
import { createFillVolumes } from "./migrations/0004-create-fill-volumes.ts";
import type { TestDatabases } from "./testing/databases.ts";
import { openTestDatabases } from "./testing/databases.ts";

/** A busy machine takes its time. */
setDefaultTimeout(60_000);

const TODAY = 20_000;
const OWN = { makerFeePpm: 1000, takerFeePpm: 2000 };
const FIRST = { makerFeePpm: 900, takerFeePpm: 1800 };
const SECOND = { makerFeePpm: 800, takerFeePpm: 1600 };

const btc = withTiers(createMarket(btcUsd));
/** Has no tiers of its own, but what is traded in it counts. */
const eth = createMarket({ ...btcUsd, market: "ETH-USD", base: "ETH" });

function withTiers(market: Market): Market {
  const units = market.unitsPerTickLot;
  const tiers: readonly FeeTier[] = [
    { tier: 1, volume: String(100n * units), ...FIRST },
    { tier: 2, volume: String(1000n * units), ...SECOND },
  ];
  const fees = changeFees(market, tiers);
  if (typeof fees === "string") throw new Error(fees);
  return createMarket({ ...market, fees });
}

let databases: TestDatabases;

beforeAll(async () => {
  databases = await openTestDatabases();
  const rows = [
    [1, "BTC-USD", TODAY, "99"],
    [2, "BTC-USD", TODAY, "60"],
    [2, "ETH-USD", TODAY - 29, "40"],
    [3, "BTC-USD", TODAY - 29, "1000"],
    [4, "BTC-USD", TODAY - 30, "1000"],
  ];
  await sql`insert into fill_volumes (account_id, market, day, tick_lots) values ${rows}`.execute(
    databases.db,
  );
});
afterAll(async () => await databases.remove());

test("what was traded in thirty days in markets with the same quote makes the rate", async () => {
  const volumes = await openFeeVolumes({
    db: databases.db,
    markets: () => [btc, eth],
    nowMs: () => TODAY * 86_400_000 + 1,
    onFailure(error) {
      throw error;
    },
  });
  await volumes.stop();
  const rates = [1, 2, 3, 4, 5].map((accountId) => volumes.ratesOf(btc, accountId));
  expect(rates).toEqual([OWN, FIRST, SECOND, OWN, OWN]);
  expect(volumes.ratesOf(eth, 3)).toEqual(OWN);
});

test.each([
  ["right", TODAY],
  ["a month ahead", TODAY + 31],
])(
  "by a clock that is %s, days that count no more are dropped, and no others",
  async (_clock, today) => {
    const { db } = databases;
    const accounts = Array.from({ length: 600 }, (_, place) => place + 100);
    const days = [TODAY - 32, TODAY - 31, TODAY - 30];
    const rows = days.flatMap((day) => accounts.map((account) => [account, "LTC-USD", day, "1"]));
    await sql`insert into fill_volumes (account_id, market, day, tick_lots) values ${rows}`.execute(
      db,
    );
    await dropDays(db, today, new AbortController().signal);
    const kept = await sql`select day from fill_volumes where market = 'LTC-USD'`.execute(db);
    expect(kept.rows).toEqual(accounts.map(() => ({ day: TODAY - 30 })));
    await sql`delete from fill_volumes where market = 'LTC-USD'`.execute(db);
  },
);

test("the migration that sums up earlier fills can be run again after it was cut off", async () => {
  const own = await openTestDatabases();
  const { db } = own;
  try {
    const fill = ["sell", "maker", 7, 3, "0", 1000, TODAY * 86_400_000 + 1];
    const rows = [1, 2].map((orderId) => ["BTC-USD", orderId, 5, orderId, 9, ...fill]);
    await sql`
      insert into fills (market, order_id, trade_command, trade_index, account_id, side, role,
        price_ticks, qty_lots, fee, fee_ppm, time_ms)
      values ${rows}`.execute(db);
    for (const _ of ["after the table", "after all"]) await createFillVolumes.up(db);
    const volumes = await sql`select * from fill_volumes`.execute(db);
    expect(volumes.rows).toEqual([
      { account_id: "9", market: "BTC-USD", day: TODAY, tick_lots: "42" },
    ]);
  } finally {
    await own.remove();
  }
});
