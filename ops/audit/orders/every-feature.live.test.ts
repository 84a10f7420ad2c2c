import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";

import { migrations } from "@exchange/order/migrations";
import type { Cursor, SequencedFrame } from "@exchange/order/projection";
import { stepOver, writeChanges } from "@exchange/order/projection";
import { migrate, openMysql } from "@exchange/store";
import type { Frame, MarketEvent } from "@exchange/streams/contract";
import { readTestMysqlUrl } from "@exchange/streams/testing";
import { sql } from "kysely";

import { readOrders } from "../read/orders.ts";
import { playedMarket, playMoney, wholeLog } from "../testing/play-money.ts";
import { checkFillLimits, checkFillRows, checkOrders } from "./order-checks.ts";
import { OrderHistory } from "./order-history.ts";

const COMMANDS = 400;
const name = `order_test_${randomBytes(6).toString("hex")}`;
const url = `${readTestMysqlUrl()}/${name}`;
const root = openMysql<unknown>({ url: readTestMysqlUrl(), connectionsMax: 1 });

type OrderDb = Parameters<typeof writeChanges>[0];
let db: OrderDb;

beforeAll(async () => {
  await sql`create database ${sql.id(name)} character set utf8mb4 collate utf8mb4_bin`.execute(
    root,
  );
  db = openMysql({ url, connectionsMax: 2 });
  await migrate(db, migrations);
});
afterAll(async () => {
  await db.destroy();
  await sql`drop database ${sql.id(name)}`.execute(root);
  await root.destroy();
});

test.each([
  [1, 1],
  [2, 7],
  [3, 40],
  [4, 400],
])(
  "rows of every order type are what the log says, seed %d, %d frames a step",
  async (seed, framesPerStep) => {
    for (const table of ["orders", "fills", "cursors"]) {
      await sql`delete from ${sql.id(table)}`.execute(db);
    }
    const frames = playMoney({ seed, commands: COMMANDS }, () => undefined).frames.map(named);
    await project(frames, framesPerStep);
    const history = new OrderHistory(playedMarket, wholeLog);
    for (const { events } of frames) for (const event of events) history.apply(event);
    expect(await violations(history)).toEqual([]);
  },
  60_000,
);

/** The generator gives all orders one client id; here each has its own, as the wallet sees to it. */
function named(frame: Frame): Frame {
  return { ...frame, events: frame.events.map(nameOrder) };
}

function nameOrder(event: MarketEvent): MarketEvent {
  return event.kind === "OrderAccepted" || event.kind === "OrderRejected"
    ? { ...event, clientOrderId: `order-${event.orderId}` }
    : event;
}

async function project(frames: readonly Frame[], framesPerStep: number): Promise<void> {
  const sequenced: SequencedFrame[] = frames.map((frame, place) => ({
    sequence: place + 1,
    frame,
  }));
  let cursor: Cursor | undefined;
  for (let done = 0; done < sequenced.length; done += framesPerStep) {
    const step = stepOver(playedMarket, cursor, sequenced.slice(done, done + framesPerStep));
    expect(await writeChanges(db, step)).toBe("written");
    cursor = step.to;
  }
}

async function violations(history: OrderHistory): Promise<readonly string[]> {
  const { market } = playedMarket;
  const cut = await readOrders(url);
  try {
    const rows = await cut.orders(market);
    expect(rows.length).toBeGreaterThan(100);
    return [
      checkOrders(market, rows, history),
      checkFillRows(market, await cut.fills(market), history),
      checkFillLimits(market, rows),
    ].flatMap((check) => check.told.map(({ where, what }) => `${where}: ${what}`));
  } finally {
    await cut.end();
  }
}
