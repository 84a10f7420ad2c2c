/** Waiting for settlement: at once where this process settles, and few questions where another does. */

import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";

import type { KyselyPlugin } from "kysely";

import type { SettlementCursor } from "./cursor.ts";
import { createCursor, readCursor } from "./cursor.ts";
import { createSettledWatch } from "./settled-watch.ts";
import type { Db } from "./tables.ts";
import { testMarket } from "./testing/memory-ledger.ts";
import type { ScratchDatabase } from "./testing/scratch-wallet.ts";
import { openScratchDatabase } from "./testing/scratch-wallet.ts";

const { market } = testMarket;
const at = { market, position: 1024 };
let database: ScratchDatabase;
let db: Db;
let asked = 0;

const counting: KyselyPlugin = {
  transformQuery({ node }) {
    asked += 1;
    return node;
  },
  transformResult: ({ result }) => Promise.resolve(result),
};

beforeAll(async () => {
  database = await openScratchDatabase();
  await createCursor(database.db, testMarket);
  db = database.db.withPlugin(counting);
});
afterAll(async () => await database.remove());
beforeEach(() => {
  asked = 0;
});

async function settledTo(command: number): Promise<SettlementCursor> {
  const cursor = await readCursor(database.db, market);
  if (cursor === undefined) throw new Error("the cursor was created");
  return { ...cursor, to: { command, index: 0 }, complete: true };
}

test("the process that settles tells at once and asks the table nothing", async () => {
  const [before, after] = [await settledTo(0), await settledTo(1024)];
  let own = before;
  const watch = createSettledWatch({ db, cursorOf: () => own });
  const waiting = watch.passed(at);
  await Bun.sleep(50);
  own = after;
  const startedMs = performance.now();
  watch.committed();
  expect(await waiting).toBe(true);
  expect(performance.now() - startedMs).toBeLessThan(20);
  expect(asked).toBe(0);
});

test("many who wait for another process's settlement ask a few times together, for a second", async () => {
  const watch = createSettledWatch({ db, cursorOf: () => undefined });
  const startedMs = performance.now();
  const passed = await Promise.all(Array.from({ length: 20 }, () => watch.passed(at)));
  expect(new Set(passed)).toEqual(new Set([false]));
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(990);
  expect(asked).toBeLessThan(20);
});

test("a wait that outlives this process's part in the market goes on at the table", async () => {
  let own: SettlementCursor | undefined = await settledTo(0);
  const watch = createSettledWatch({ db, cursorOf: () => own });
  const waiting = watch.passed(at);
  own = undefined;
  expect(await waiting).toBe(false);
  expect(asked).toBeGreaterThan(0);
});
