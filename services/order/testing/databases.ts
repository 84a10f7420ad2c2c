/** The two databases of a small exchange, with their tables. */

import { randomBytes } from "node:crypto";
import { join } from "node:path";

import { migrate, openMysql } from "@exchange/store";
import { minimalEnv, readTestMysqlUrl } from "@exchange/streams/testing";
import { sql } from "kysely";

import { migrations } from "../migrations/index.ts";
import type { Db, Tables } from "../tables.ts";

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

/** The wallet's schema is its own package's business: this runs that package's code. */
async function migrateWallet(mysqlUrl: string): Promise<void> {
  const code = `
    import { migrate, openMysql } from "@exchange/store";
    import { migrations } from "./migrations/index.ts";
    const db = openMysql({ url: ${JSON.stringify(mysqlUrl)}, connectionsMax: 1 });
    await migrate(db, migrations);
    await db.destroy();`;
  const migrating = Bun.spawn([process.execPath, "--no-env-file", "-e", code], {
    cwd: join(import.meta.dir, "../../wallet"),
    env: minimalEnv(),
    stdout: "inherit",
    stderr: "inherit",
  });
  if ((await migrating.exited) !== 0) throw new Error("the wallet's schema was not applied");
}
