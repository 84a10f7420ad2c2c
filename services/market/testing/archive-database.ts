/** A database for archives, with its tables. */

import { randomBytes } from "node:crypto";

import { migrate, openMysql } from "@exchange/store";
import { readTestMysqlUrl } from "@exchange/streams/testing";
import { sql } from "kysely";

import type { ArchiveDb } from "../archive/cursor.ts";
import { migrations } from "../migrations/index.ts";

export interface ArchiveDatabase {
  readonly url: string;
  readonly db: ArchiveDb;
  remove(): Promise<void>;
}

export async function openArchiveDatabase(): Promise<ArchiveDatabase> {
  const name = `market_test_${randomBytes(6).toString("hex")}`;
  const root = openMysql<unknown>({ url: readTestMysqlUrl(), connectionsMax: 1 });
  await sql`create database ${sql.id(name)} character set utf8mb4 collate utf8mb4_bin`.execute(
    root,
  );
  const url = `${readTestMysqlUrl()}/${name}`;
  const db = openMysql<unknown>({ url, connectionsMax: 4 });
  await migrate(db, migrations);
  return {
    url,
    db,
    async remove() {
      await db.destroy();
      await sql`drop database ${sql.id(name)}`.execute(root);
      await root.destroy();
    },
  };
}
