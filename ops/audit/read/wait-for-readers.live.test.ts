/** The audit and readers that are behind: it waits for them, but not for ever. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";

import { openMysql } from "@exchange/store";
import { readTestMysqlUrl } from "@exchange/streams/testing";
import { sql } from "kysely";

import { checkReaders } from "../reader-checks.ts";
import { market } from "../testing/small-market.ts";
import { openMysqlSnapshot } from "./mysql-snapshot.ts";
import { waitForReaders } from "./wait-for-readers.ts";
import { cursorTables, readCursors } from "./wallet.ts";

const name = `audit_test_${randomBytes(6).toString("hex")}`;
const url = `${readTestMysqlUrl()}/${name}`;
const root = openMysql<unknown>({ url: readTestMysqlUrl(), connectionsMax: 1 });
const readers = [{ url, table: cursorTables.orders }] as const;
const logged = new Map([[market.market, 7]]);

beforeAll(async () => {
  await sql`create database ${sql.id(name)} character set utf8mb4 collate utf8mb4_bin`.execute(
    root,
  );
  await sql`create table ${sql.id(name, "cursors")} (market varchar(21) primary key,
    sequence bigint, command bigint, event_index int)`.execute(root);
});
afterAll(async () => {
  await sql`drop database ${sql.id(name)}`.execute(root);
  await root.destroy();
});

async function moveTo(sequence: number): Promise<void> {
  await sql`replace into ${sql.id(name, "cursors")}
    values (${market.market}, ${sequence}, ${1024 * sequence}, 0)`.execute(root);
}

async function violations(): Promise<number> {
  const snapshot = await openMysqlSnapshot(url);
  const cursors = await readCursors(snapshot, cursorTables.orders);
  await snapshot.end();
  return checkReaders("the order history", cursors, logged).violations;
}

test("a reader that is behind is waited for until it has the frame", async () => {
  await moveTo(6);
  const waiting = waitForReaders(readers, { logged, giveUpMs: performance.now() + 20_000 });
  await Bun.sleep(150);
  await moveTo(8);
  await waiting;
  expect(await violations()).toBe(0);
});

test("a reader that stands still is given up, and found", async () => {
  await moveTo(6);
  await waitForReaders(readers, { logged, giveUpMs: performance.now() + 150 });
  expect(await violations()).toBe(1);
});

test("what is read of a database is of one moment, though writers go on", async () => {
  await moveTo(6);
  const snapshot = await openMysqlSnapshot(url);
  const sequence = async (): Promise<number | undefined> =>
    (await readCursors(snapshot, cursorTables.orders)).get(market.market)?.sequence;
  expect(await sequence()).toBe(6);
  await moveTo(7);
  expect(await sequence()).toBe(6);
  await snapshot.end();
});
