/** Opening MySQL or MariaDB so that numbers stay exact and acknowledged means on disk. */

import type { Transaction } from "kysely";
import { Kysely, MysqlDialect, sql } from "kysely";
import { createPool, format } from "mysql2";

import { boundPool } from "./bounded-pool.ts";

/** No query of a service takes a tenth of it on a machine that is well. */
const QUERY_LIMIT_MS = 8000;
/** Below the limit of a query, so that a lock that does not come is told apart from a server that is gone. */
const LOCK_WAIT_LIMIT_S = 4;
/** When the server gives up a session whose client it hears nothing of, and with it the locks it holds. */
const SESSION_IDLE_LIMIT_S = 60;
/** Before the server does it, so that no query meets a connection that is just being closed. */
const IDLE_LIMIT_MS = 30_000;

export interface MysqlOptions {
  /** `mysql://user:password@host:port/database`. */
  readonly url: string;
  readonly connectionsMax: number;
  /** Lets one query carry several statements: for text that is not made of anybody's input. Off by default. */
  readonly severalStatements?: boolean;
  /** After it a query counts as one whose outcome is unknown. Default 8 s. */
  readonly queryLimitMs?: number;
}

const TIMEZONE = "Z";

const SESSION_SETTINGS = [
  "set session transaction isolation level read committed",
  `set session innodb_lock_wait_timeout = ${LOCK_WAIT_LIMIT_S}, wait_timeout = ${SESSION_IDLE_LIMIT_S}`,
] as const;

/** DECIMAL and BIGINT arrive as text, and so does COUNT with some servers; JSON arrives parsed. Every session reads what is committed. */
export function openMysql<Tables>({
  url,
  connectionsMax,
  severalStatements = false,
  queryLimitMs = QUERY_LIMIT_MS,
}: MysqlOptions): Kysely<Tables> {
  const pool = createPool({
    uri: url,
    connectionLimit: connectionsMax,
    multipleStatements: severalStatements,
    supportBigNumbers: true,
    bigNumberStrings: true,
    connectTimeout: 5000,
    maxIdle: connectionsMax - 1,
    idleTimeout: IDLE_LIMIT_MS,
    enableKeepAlive: true,
    timezone: TIMEZONE,
    queryFormat: formatQuery,
  });
  // Once a connection instead of once a transaction: a round trip less for each of them.
  pool.on("connection", (connection) => {
    for (const setting of SESSION_SETTINGS) {
      connection.query(setting, (error) => {
        if (error !== null) connection.destroy();
      });
    }
  });
  return new Kysely<Tables>({ dialect: new MysqlDialect({ pool: boundPool(pool, queryLimitMs) }) });
}

/**
 * Text without parameters goes as it is: the driver looks for their places letter by letter, and bulk statements are
 * long. Anything else is formatted as the driver does.
 */
function formatQuery(text: string, values: Parameters<typeof format>[1]): string {
  return Array.isArray(values) && values.length === 0
    ? text
    : format(text, values, false, TIMEZONE);
}

/** Throws when a commit would not survive a power cut. */
export async function assertDurable<Tables>(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{
    flush: number | string;
    doublewrite: number | string;
    binlog: number | string;
    syncBinlog: number | string;
  }>`select @@innodb_flush_log_at_trx_commit as flush, @@innodb_doublewrite as doublewrite,
    @@log_bin as binlog, @@sync_binlog as syncBinlog`.execute(db);
  const [settings] = rows;
  if (settings === undefined || Number(settings.flush) !== 1) {
    throw new Error("MySQL is not durable: innodb_flush_log_at_trx_commit must be 1");
  }
  if (settings.doublewrite === "OFF" || settings.doublewrite === 0) {
    throw new Error("MySQL is not durable: innodb_doublewrite must be on");
  }
  // With a binary log recovery undoes every transaction that the log does not have.
  if (Number(settings.binlog) === 1 && Number(settings.syncBinlog) !== 1) {
    throw new Error("MySQL is not durable: sync_binlog must be 1 where there is a binary log");
  }
}

const RETRIES_MAX = 8;
const RETRY_DELAY_MS = 5;
/** ER_LOCK_DEADLOCK and ER_LOCK_WAIT_TIMEOUT: the transaction was rolled back and may be tried again. */
const retryableErrors: readonly unknown[] = [1213, 1205];

export interface TransactionOptions {
  /** Called before each retry; for metrics. */
  readonly onRetry?: () => void;
}

/**
 * One READ COMMITTED transaction, run again from its start after a deadlock or a lock timeout. `work`
 * must do nothing but use `tx`. A lost connection throws: the commit's outcome is then unknown.
 */
export async function inTransaction<Tables, Value>(
  db: Kysely<Tables>,
  work: (tx: Transaction<Tables>) => Promise<Value>,
  options: TransactionOptions = {},
): Promise<Value> {
  return await againAfterDeadlock(async () => await db.transaction().execute(work), options);
}

/** Runs a whole transaction again, from its start, when the server rolled it back for the locks of another. */
export async function againAfterDeadlock<Value>(
  transaction: () => Promise<Value>,
  { onRetry }: TransactionOptions = {},
): Promise<Value> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (attempt > RETRIES_MAX || !isRetryable(error)) throw error;
      onRetry?.();
      await Bun.sleep(RETRY_DELAY_MS * attempt * (0.5 + Math.random()));
    }
  }
}

/** The number of a MySQL error, or undefined for anything else. */
export function mysqlErrorNumber(error: unknown): number | undefined {
  const number = error instanceof Error && "errno" in error ? error.errno : undefined;
  return typeof number === "number" ? number : undefined;
}

/** ER_SERVER_SHUTDOWN, ER_QUERY_INTERRUPTED and ER_CONNECTION_KILLED: the server is going away. */
const goingAwayErrors: readonly unknown[] = [1053, 1317, 1927];

/**
 * Whether the server went away, or the locks did not come: the same work may be tried again later. A commit's
 * outcome is unknown then.
 */
export function isMysqlAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // The driver marks what ended the connection.
  if ("fatal" in error && error.fatal === true) return true;
  return goingAwayErrors.includes(mysqlErrorNumber(error)) || isRetryable(error);
}

function isRetryable(error: unknown): boolean {
  return retryableErrors.includes(mysqlErrorNumber(error));
}
