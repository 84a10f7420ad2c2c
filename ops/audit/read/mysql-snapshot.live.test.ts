/** A reader of very many rows whose connection is lost: it is told, and does not wait for the rest. */

import { expect, test } from "bun:test";

import { readTestMysqlUrl } from "@exchange/streams/testing";

import { openMysqlSnapshot, textOf } from "./mysql-snapshot.ts";

/** A gigabyte, so that most of it is still to come. */
const MANY_ROWS = `with recursive n as (select 1 as i union all select i + 1 from n where i < 1000)
  select repeat('x', 1000) as text from n as a, n as b`;

test("who reads rows is told when the connection is lost, and so is who asks afterwards", async () => {
  const [snapshot, other] = await Promise.all([
    openMysqlSnapshot(readTestMysqlUrl()),
    openMysqlSnapshot(readTestMysqlUrl()),
  ]);
  const [own] = await snapshot.rows("select connection_id() as id");
  let rows = 0;
  const read = async (): Promise<void> => {
    for await (const _ of snapshot.stream(MANY_ROWS)) {
      rows += 1;
      if (rows === 10) await other.rows(`kill ${textOf(own ?? {}, "id")}`);
    }
  };
  await expect(read()).rejects.toThrow();
  expect(rows).toBeGreaterThanOrEqual(10);
  await expect(snapshot.rows("select 1")).rejects.toThrow();
  await Promise.all([snapshot.end(), other.end()]);
});
