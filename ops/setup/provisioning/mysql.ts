/** Databases, their tables, and a MySQL user a service that reaches its own database only. */

import { migrations as identityMigrations } from "@exchange/identity/migrations";
import { migrations as marketMigrations } from "@exchange/market/migrations";
import { migrations as orderMigrations } from "@exchange/order/migrations";
import { migrate, openMysql } from "@exchange/store";
import { migrations as walletMigrations } from "@exchange/wallet/migrations";
import { type Connection, createConnection } from "mysql2/promise";

import { trailStatements } from "../../trail/trail-table.ts";
import type { ProvisioningEnv } from "./env.ts";

const databases = {
  identity: identityMigrations,
  wallet: walletMigrations,
  order: orderMigrations,
  market: marketMigrations,
} as const;

/** For one statement, which may write a large table anew. */
const MIGRATION_LIMIT_MS = 3_600_000;

/** Safe to repeat: passwords are set again, tables brought to their newest version. */
export async function provisionMysql(env: ProvisioningEnv): Promise<void> {
  const root = await createConnection(env.MYSQL_URL);
  try {
    for (const statement of listStatements(env)) await root.query(statement);
    await dropAnonymousUsers(root);
  } finally {
    await root.end();
  }
  for (const [name, migrations] of Object.entries(databases)) {
    const url = urlOf(env.MYSQL_URL, `exchange_${name}`);
    const db = openMysql({ url, connectionsMax: 1, queryLimitMs: MIGRATION_LIMIT_MS });
    try {
      await migrate(db, migrations);
    } finally {
      await db.destroy();
    }
  }
}

function listStatements(env: ProvisioningEnv): string[] {
  const passwords = {
    identity: env.MYSQL_PASSWORD_IDENTITY,
    wallet: env.MYSQL_PASSWORD_WALLET,
    order: env.MYSQL_PASSWORD_ORDER,
    market: env.MYSQL_PASSWORD_MARKET,
    ops: env.MYSQL_PASSWORD_OPS,
  };
  const names = ["identity", "wallet", "order", "market"] as const;
  return [
    // Binary collation: two ids that differ in case are two ids, wherever a column does not say more.
    ...names.map(
      (name) =>
        `CREATE DATABASE IF NOT EXISTS exchange_${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    ),
    ...Object.entries(passwords).flatMap(([name, password]) => [
      `CREATE USER IF NOT EXISTS 'exchange_${name}'@'%' IDENTIFIED BY '${password}'`,
      `ALTER USER 'exchange_${name}'@'%' IDENTIFIED BY '${password}'`,
    ]),
    ...names.flatMap((name) => [
      `GRANT SELECT, INSERT, UPDATE, DELETE ON exchange_${name}.* TO 'exchange_${name}'@'%'`,
      `GRANT SELECT ON exchange_${name}.* TO 'exchange_ops'@'%'`,
    ]),
    ...trailStatements,
  ];
}

/** An anonymous local user, where an installation made one, would be taken before a named one. */
async function dropAnonymousUsers(root: Connection): Promise<void> {
  await root.query("DROP USER IF EXISTS ''@'localhost'");
}

function urlOf(root: string, database: string): string {
  const url = new URL(root);
  url.pathname = `/${database}`;
  return url.href;
}
