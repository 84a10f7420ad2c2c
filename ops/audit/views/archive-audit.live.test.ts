/** The archive's audit: an archive of a played market breaks nothing, and what is planted in it is found. */

import { afterAll, beforeAll, expect, test } from "bun:test";

import type { ArchiveDatabase, ArchiveStep } from "@exchange/market/testing";
import { openArchiveDatabase, stepOver, writeStep } from "@exchange/market/testing";
import type { Frame } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";
import { sql } from "kysely";

import { readArchive } from "../read/archive.ts";
import { playedMarket, playMoney, reversalsIn } from "../testing/play-money.ts";
import { ArchiveAudit } from "./archive-audit.ts";
import type { Reversal } from "./view-history.ts";

const FRAMES_PER_STEP = 7;

let database: ArchiveDatabase;
let frames: readonly Frame[];
let reversals: readonly Reversal[];

beforeAll(async () => {
  database = await openArchiveDatabase();
  ({ frames } = playMoney({ seed: 5, commands: 400 }, () => undefined));
  reversals = reversalsIn(frames.flatMap(({ events }) => events));
  expect(reversals).not.toEqual([]);
  const sequenced = frames.map((frame, place) => ({ sequence: place + 1, frame }));
  let step: ArchiveStep | undefined;
  for (let done = 0; done < sequenced.length; done += FRAMES_PER_STEP) {
    const part = sequenced.slice(done, done + FRAMES_PER_STEP);
    step = stepOver(playedMarket.market, step?.to, part);
    const to = await writeStep(database.db, step);
    assert(to !== "moved", "nobody else writes");
    // Trades that were taken back may leave another candle open.
    step = { ...step, to };
  }
});
afterAll(async () => {
  await database.remove();
});

/** What each check tells, and how much they looked at. */
async function audit(): Promise<{ told: string[]; examined: number[] }> {
  const cut = await readArchive(database.url);
  try {
    const auditing = new ArchiveAudit(cut, playedMarket.market, { reversals });
    for (const frame of frames) await auditing.frame(frame);
    const checks = await auditing.finish();
    const told = checks.flatMap((check) =>
      check.told.map(({ where, what }) => `${where}: ${what}`),
    );
    return { told, examined: checks.map(({ examined }) => examined) };
  } finally {
    await cut.end();
  }
}

test("an archive of random logs breaks nothing", async () => {
  const { told, examined } = await audit();
  expect(told).toEqual([]);
  const [trades = 0, candles = 0] = examined;
  expect(trades).toBeGreaterThan(20);
  expect(candles).toBeGreaterThan(0);
});

const plants = [
  ["a trade at another price", "update trades set price_ticks = price_ticks + 1 limit 1", 1],
  ["a trade that is missing", "delete from trades order by command desc limit 1", 1],
  ["a trade too many", "insert into trades values ('M', 1, 7, 1, 1, 'buy', 1)", 1],
  [
    "a candle with another volume",
    "update candles set volume_lots = 1 where period = '1s' limit 1",
    1,
  ],
  ["a candle that is missing", "delete from candles where period = '1s' limit 1", 1],
  [
    "a candle after the last one",
    "insert into candles values ('M', '1d', 9e12, 1, 1, 1, 1, 1, 1, 1)",
    1,
  ],
  ["open candles that are lost", "update cursors set open_candles = '{}'", 9],
] as const;

test.each(plants)("%s is found", async (_fault, statement, violations) => {
  const { market } = playedMarket;
  const copies = ["trades", "candles", "cursors"] as const;
  for (const table of copies) {
    await sql`create table ${sql.id(`kept_${table}`)} as select * from ${sql.id(table)}`.execute(
      database.db,
    );
  }
  await sql.raw(statement.replace("'M'", `'${market}'`)).execute(database.db);
  const { told } = await audit();
  for (const table of copies) {
    await sql`delete from ${sql.id(table)}`.execute(database.db);
    await sql`insert into ${sql.id(table)} select * from ${sql.id(`kept_${table}`)}`.execute(
      database.db,
    );
    await sql`drop table ${sql.id(`kept_${table}`)}`.execute(database.db);
  }
  expect(told.length).toBe(violations);
});
