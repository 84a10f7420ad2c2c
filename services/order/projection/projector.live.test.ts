/** The projection against a real log and real tables: twice at once, behind, and on a log that lies. */

import { afterEach, beforeEach, expect, test } from "bun:test";

import { encodeFrame, subject } from "@exchange/streams";
import type { Frame, Market, MarketEvent } from "@exchange/streams/contract";
import { createMarket } from "@exchange/streams/contract";
import { provisionEpoch } from "@exchange/streams/runtime";
import type { ScratchMarket } from "@exchange/streams/testing";
import { openScratchMarket } from "@exchange/streams/testing";
import { sql } from "kysely";

import type { TestDatabases } from "../testing/databases.ts";
import { openTestDatabases } from "../testing/databases.ts";
import { accepted, framesOf, limitTerms, traded } from "../testing/events.ts";
import { eventually } from "../testing/exchange.ts";
import { projectionOfLog, projectionOfTables } from "../testing/read-log.ts";
import { readCursor } from "./cursor.ts";
import type { Projector } from "./projector.ts";
import { createProjector } from "./projector.ts";

let scratch: ScratchMarket;
let databases: TestDatabases;
let market: Market;
let projectors: Projector[] = [];
const broken: unknown[] = [];

beforeEach(async () => {
  [scratch, databases] = await Promise.all([openScratchMarket(), openTestDatabases()]);
  market = createMarket(scratch.definition);
});
afterEach(async () => {
  await Promise.all(projectors.map((projector) => projector.stop()));
  projectors = [];
  broken.length = 0;
  await scratch.remove();
  await databases.remove();
});

function project(): Projector {
  const projector = createProjector({
    connection: scratch.connection,
    jsm: scratch.jsm,
    db: databases.db,
    market: () => market,
    onCommit: () => undefined,
    onRetry: () => undefined,
    startSpan: () => undefined,
    onBroken: (error) => broken.push(error),
  });
  projectors.push(projector);
  projector.start();
  return projector;
}

async function publish(frames: readonly Frame[], { epoch } = market): Promise<void> {
  const js = scratch.connection.jetstream();
  const target = subject.events(market.market, epoch);
  for (const frame of frames) {
    await js.publish(target, encodeFrame({ ...frame, market: market.market, epoch }));
  }
}

/** Each order takes a lot from the one before it. */
function chainOf(orders: number): MarketEvent[] {
  return Array.from({ length: orders }, (_, place) => {
    const command = 1024 * (place + 1);
    const order = accepted(command, limitTerms({ qty: 1000 }));
    const trade = traded({ command, index: 1, maker: command - 1024, qty: 1 });
    return place === 0 ? [order] : [order, trade];
  }).flat();
}

async function expectEqual(): Promise<void> {
  const expected = await projectionOfLog(scratch, market);
  await eventually(
    () => projectionOfTables(databases.db, market),
    (tables) => Bun.deepEquals(tables, expected),
  );
}

test("projectors that run at the same time count every fill once", async () => {
  const frames = framesOf(chainOf(300), [1, 3, 2], { command: 0, index: 0 });
  for (let copies = 0; copies < 3; copies += 1) project();
  await publish(frames);
  await expectEqual();
  expect(broken).toEqual([]);
  const cursor = await readCursor(databases.db, market.market);
  expect(cursor).toMatchObject({ sequence: frames.length, complete: true });
  const { rows } = await sql`
    select account_id, market, day, sum(tick_lots) as tick_lots from (
      select account_id, market, day, tick_lots from fill_volumes
      union all
      select account_id, market, floor(time_ms / 86400000), 0 - cast(price_ticks * qty_lots as decimal(38,0)) from fills
    ) as every group by account_id, market, day having sum(tick_lots) <> 0`.execute(databases.db);
  expect(rows).toEqual([]);
});

test("a projector that is stopped and started goes on where the tables are", async () => {
  const frames = framesOf(chainOf(200), [2], { command: 0, index: 0 });
  const projector = project();
  for (let part = 0; part < 4; part += 1) {
    await publish(frames.slice(part * 50, (part + 1) * 50));
    await projector.stop();
    projector.start();
  }
  await publish(frames.slice(200));
  await expectEqual();
  expect(broken).toEqual([]);
});

test("a projector that was behind when an epoch ended reads on there, then in the next", async () => {
  const frames = framesOf(chainOf(100), [2], { command: 0, index: 0 });
  const projector = project();
  await publish(frames.slice(0, 20));
  await eventually(
    async () => (await readCursor(databases.db, market.market))?.sequence ?? 0,
    (sequence) => sequence === 20,
  );
  await projector.stop();
  await publish(frames.slice(20, 50));
  const expected = await projectionOfLog(scratch, market);
  const next = { ...market, epoch: 2 };
  await provisionEpoch(scratch.connection, next, { command: 1, event: 51 });
  market = next;
  project();
  await eventually(
    async () => await projectionOfTables(databases.db, market),
    (tables) => Bun.deepEquals(tables, expected),
  );
  await publish(frames.slice(50));
  await eventually(
    async () => await readCursor(databases.db, market.market),
    (cursor) => cursor?.sequence === frames.length,
  );
  expect(await readCursor(databases.db, market.market)).toMatchObject({ epoch: 2 });
  expect(broken).toEqual([]);
});

test.each([
  ["a frame that does not start where the last one ended", { from: { command: 7, index: 0 } }],
  ["a trade of an order that was never accepted", {}],
])("%s stops the projection and changes nothing", async (name, change) => {
  const [first, second] = framesOf(
    [accepted(1024), traded({ command: 2048, index: 1, maker: 1024, qty: 1 })],
    [1],
    { command: 0, index: 0 },
  );
  if (first === undefined || second === undefined) throw new Error("two frames");
  project();
  await publish([first, { ...second, ...change }]);
  await eventually(
    () => Promise.resolve(broken.length),
    (count) => count === 1,
  );
  expect(String(broken[0])).toContain(
    name.startsWith("a frame") ? "starts at" : "of them are there",
  );
  const cursor = await readCursor(databases.db, market.market);
  expect(cursor?.sequence ?? 0).toBeLessThan(2);
  const { fills } = await projectionOfTables(databases.db, market);
  expect(fills).toEqual([]);
});
