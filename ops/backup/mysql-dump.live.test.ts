/** The lock that a backup's moment is made by: its loss does not go unnoticed. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";

import { readTestMysqlUrl } from "@exchange/streams/testing";

import type { Session } from "./mysql-dump.ts";
import { holdCursors, openSession } from "./mysql-dump.ts";

/** May see no cursor, so that nobody else is held up. */
const user = `backup_${randomBytes(6).toString("hex")}`;
let root: Session;
let url: string;

beforeAll(async () => {
  const own = new URL(readTestMysqlUrl());
  own.username = user;
  own.password = user;
  url = own.href;
  root = openSession(readTestMysqlUrl());
  await root.rows(`create user '${user}'@'%' identified by '${user}'`);
});
afterAll(async () => {
  await root.rows(`drop user '${user}'@'%'`);
  await root.end();
});

test("cursors that were held to the end are let go without a word", async () => {
  await (await holdCursors(url)).release();
});

test("cursors that MySQL let go of before are told", async () => {
  const held = await holdCursors(url);
  const connections = await root.rows(
    `select id from information_schema.processlist where user = '${user}'`,
  );
  expect(connections).toHaveLength(1);
  for (const { id } of connections) await root.rows(`kill ${String(id)}`);
  await expect(held.release()).rejects.toThrow("let readers go on");
});
