/** MySQL behind a link that loses answers: a vanished host is noticed, and a lost commit is an unknown one. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";

import type { FaultyLink } from "@exchange/streams/testing";
import { openFaultyLink, readTestMysqlUrl } from "@exchange/streams/testing";
import type { Kysely } from "kysely";
import { sql } from "kysely";

import { inTransaction, isMysqlAway, openMysql } from "./mysql.ts";

const QUERY_LIMIT_MS = 300;

interface Tables {
  notes: { id: number };
}

const name = `store_test_${randomBytes(6).toString("hex")}`;
const root = openMysql<unknown>({ url: readTestMysqlUrl(), connectionsMax: 1 });
let link: FaultyLink;
let db: Kysely<Tables>;

beforeAll(async () => {
  await sql`create database ${sql.id(name)}`.execute(root);
  await sql`create table ${sql.id(name, "notes")} (id int primary key)`.execute(root);
});
afterAll(async () => {
  await sql`drop database ${sql.id(name)}`.execute(root);
  await root.destroy();
});
beforeEach(() => {
  const url = new URL(`${readTestMysqlUrl()}/${name}`);
  link = openFaultyLink(url.href);
  url.port = new URL(link.url).port;
  db = openMysql({ url: url.href, connectionsMax: 4, queryLimitMs: QUERY_LIMIT_MS });
});
afterEach(async () => {
  link.heal();
  await db.destroy();
  link.stop();
});

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function isNoted(id: number): Promise<boolean> {
  const { rows } = await sql`
    select id from ${sql.id(name, "notes")} where id = ${id}`.execute(root);
  return rows.length === 1;
}

test("a query without an answer ends within its limit, as one to a server that is away", async () => {
  await sql`select 1`.execute(db);
  link.loseAnswers();
  const startedMs = performance.now();
  const error = await failureOf(sql`select 1`.execute(db));
  expect(performance.now() - startedMs).toBeLessThan(QUERY_LIMIT_MS + 500);
  expect(String(error)).toContain("did not answer within 300 ms");
  expect(isMysqlAway(error)).toBe(true);
});

test("a commit whose answer is lost is unknown: it may be there, and the error says so", async () => {
  const error = await failureOf(
    inTransaction(db, async (tx) => {
      await tx.insertInto("notes").values({ id: 1 }).execute();
      link.loseAnswers();
    }),
  );
  expect(String(error)).toContain("did not answer");
  expect(isMysqlAway(error)).toBe(true);
  expect(await isNoted(1)).toBe(true);
});

test("a transaction that is cut short leaves nothing, and no lock", async () => {
  await failureOf(
    inTransaction(db, async (tx) => {
      await tx.insertInto("notes").values({ id: 2 }).execute();
      link.loseAnswers();
      await tx.insertInto("notes").values({ id: 3 }).execute();
    }),
  );
  link.heal();
  await db.insertInto("notes").values({ id: 2 }).execute();
  expect(await isNoted(3)).toBe(false);
});

test("one silent connection costs the limit once: the idle ones are not tried one by one", async () => {
  await Promise.all(Array.from({ length: 4 }, () => sql`select sleep(0.05)`.execute(db)));
  link.silence();
  expect(isMysqlAway(await failureOf(sql`select 1`.execute(db)))).toBe(true);
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: 4 }, () => sql`select 1`.execute(db)));
  expect(performance.now() - startedMs).toBeLessThan(QUERY_LIMIT_MS);
});

test("a lock that does not come is told apart from a server that is gone", async () => {
  const patient = openMysql<Tables>({ url: `${readTestMysqlUrl()}/${name}`, connectionsMax: 2 });
  const { rows } = await sql<{ lock: string; idle: string }>`
    select @@innodb_lock_wait_timeout as \`lock\`, @@wait_timeout as idle`.execute(patient);
  await patient.destroy();
  expect(rows.map((row) => [Number(row.lock), Number(row.idle)])).toEqual([[4, 60]]);
});
