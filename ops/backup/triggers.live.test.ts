/** A table whose history is only added to stays so in a database that is made again. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";

import { readTestMysqlUrl } from "@exchange/streams/testing";

import type { Session } from "./mysql-dump.ts";
import { openSession } from "./mysql-dump.ts";
import { readTriggers } from "./triggers.ts";

const name = `backup_test_${randomBytes(6).toString("hex")}`;
const table = "create table notes (id int primary key, note varchar(9))";
let session: Session;

beforeAll(async () => {
  session = openSession(readTestMysqlUrl());
  await session.rows(`create database ${name}`);
  await session.rows(`use ${name}`);
  await session.rows(table);
});
afterAll(async () => {
  await session.rows(`drop database ${name}`);
  await session.end();
});

test("triggers that are read make the same ones again, in the order in which they ran", async () => {
  for (const change of ["update", "delete"]) {
    await session.rows(
      `create trigger notes_no_${change} before ${change} on notes
       for each row signal sqlstate '45000' set message_text = 'notes is append-only'`,
    );
  }
  await session.rows(
    `create trigger notes_cut before insert on notes
     for each row begin set new.note = concat(new.note, ';a'); end`,
  );
  await session.rows(
    "create trigger a_later before insert on notes for each row set new.note = concat(new.note, 'b')",
  );
  const triggers = await readTriggers(session, name);
  expect(triggers).toHaveLength(4);
  await session.rows("drop table notes");
  await session.rows(table);
  for (const create of triggers) await session.rows(create);
  expect(await readTriggers(session, name)).toEqual(triggers);

  await session.rows("insert into notes values (1, 'x')");
  expect(await session.rows("select note from notes")).toEqual([{ note: "x;ab" }]);
  for (const change of ["update notes set id = 2", "delete from notes"]) {
    await expect(session.rows(change)).rejects.toThrow("notes is append-only");
  }
});
