/** The two databases of a small exchange, with their tables. */

import { randomBytes } from "node:crypto";

import { migrate, openMysql } from "@exchange/store";
import { sql } from "kysely";

import { migrations } from "../migrations/index.ts";
import type { Db, Tables } from "../tables.ts";
import { readTestMysqlUrl } from "./env.ts";
import { migrateWallet } from "./service-process.ts";

export interface TestDatabases {
  readonly db: Db;
  readonly orderUrl: string;
  readonly walletUrl: string;
  remove(): Promise<void>;
}

export async function openTestDatabases(): Promise<TestDatabases> {
  const orderName = `order_test_${randomBytes(6).toString("hex")}`;
  const walletName = `${orderName}_wallet`;
  const root = openMysql<unknown>({ url: readTestMysqlUrl(), connectionsMax: 1 });
  for (const name of [orderName, walletName]) {
    await sql`create database ${sql.id(name)} character set utf8mb4 collate utf8mb4_bin`.execute(
      root,
    );
  }
  const orderUrl = `${readTestMysqlUrl()}/${orderName}`;
  const walletUrl = `${readTestMysqlUrl()}/${walletName}`;
  const db = openMysql<Tables>({ url: orderUrl, connectionsMax: 4 });
  await migrate(db, migrations);
  await migrateWallet(walletUrl);
  return {
    db,
    orderUrl,
    walletUrl,
    async remove() {
      await db.destroy();
      for (const name of [orderName, walletName]) {
        await sql`drop database ${sql.id(name)}`.execute(root);
      }
      await root.destroy();
    },
  };
}
