/** The wallet's database about an account, now or at a point of its past. */

import type { MysqlSnapshot, Row } from "../audit/read/mysql-snapshot.ts";
import { numberOf, openMysqlSnapshot, textOf, unitsOf } from "../audit/read/mysql-snapshot.ts";
import { readMarket } from "../exchange/connect.ts";
import type { Exchange } from "../exchange/connect.ts";
import { Failure } from "../setup/failure.ts";
import type { AccountEntry, AccountTransaction } from "./account-order.ts";
import { orderTransactions, upTo } from "./account-order.ts";
import type { RecordPlace } from "./command-log.ts";
import { findRecord } from "./command-log.ts";
import type { LedgerPoint } from "./moment.ts";
import { momentOfRecord, momentOfTransaction } from "./moment.ts";

/** Settlement is a moment behind the log. */
const SETTLED_LIMIT_MS = 10_000;
const POLL_MS = 50;

export interface AssetBalance {
  readonly asset: string;
  readonly available: bigint;
  readonly held: bigint;
  /** How many entries the balance had. */
  readonly version: number;
}

/** A point, with what is known of its place in the log. */
export type FoundPoint =
  | (Extract<LedgerPoint, { kind: "record" }> & RecordPlace)
  | (Extract<LedgerPoint, { kind: "transaction" }> & { readonly timeMs: number });

/** Throws a `Failure` when there is no such point, or when settlement has not passed it. */
export async function findPoint(
  exchange: Exchange,
  point: LedgerPoint,
  copies: string | undefined,
): Promise<FoundPoint> {
  if (point.kind === "transaction") {
    const [row] = await ask(
      exchange,
      `select time_ms from postings where transaction_id = ${point.transactionId} limit 1`,
    );
    if (row !== undefined) return { ...point, timeMs: numberOf(row, "time_ms") };
    throw new Failure(`The ledger has no transaction ${point.transactionId}.`);
  }
  const market = await readMarket(exchange, point.market);
  const source = { connection: exchange.connection, copies };
  const place = await findRecord(source, market, point.sequence);
  await waitUntilSettled(exchange, point.market, place);
  return { ...point, ...place };
}

async function waitUntilSettled(
  exchange: Exchange,
  market: string,
  { lastCommand }: RecordPlace,
): Promise<void> {
  const giveUpMs = performance.now() + SETTLED_LIMIT_MS;
  for (;;) {
    const [row] = await ask(
      exchange,
      `select command, complete from settlement_cursors where market = '${market}'`,
    );
    const command = row === undefined ? 0 : numberOf(row, "command");
    const isComplete = row !== undefined && numberOf(row, "complete") === 1;
    if (command > lastCommand || (command === lastCommand && isComplete)) return;
    if (performance.now() > giveUpMs) {
      throw new Failure(`Settlement of ${market} is at ${command}, before ${lastCommand}.`);
    }
    await Bun.sleep(POLL_MS);
  }
}

async function ask(exchange: Exchange, statement: string): Promise<Row[]> {
  const wallet = await openWallet(exchange);
  try {
    return await wallet.rows(statement);
  } finally {
    await wallet.end();
  }
}

/** All of the wallet's database at one moment. */
export async function openWallet({ running }: Exchange): Promise<MysqlSnapshot> {
  return await openMysqlSnapshot(`${running.mysqlUrl}/exchange_wallet`);
}

/** The account's ledger transactions up to that point, in an order that each of its balances agrees with. */
export async function readTransactions(
  wallet: MysqlSnapshot,
  accountId: number,
  point: FoundPoint,
): Promise<readonly AccountTransaction[]> {
  const entries: AccountEntry[] = [];
  const rows = wallet.stream(`select * from postings where account_id = ${accountId}`);
  for await (const row of rows) entries.push(entryOf(row));
  const ordered = orderTransactions(entries);
  if (point.kind === "record") return upTo(ordered, momentOfRecord(point));
  const { transactionId, timeMs } = point;
  const isOfAccount = entries.some((entry) => entry.transactionId === transactionId);
  return upTo(ordered, momentOfTransaction({ transactionId, timeMs, isOfAccount }));
}

/** What the last entry of each balance says. */
export function balancesAfter(transactions: readonly AccountTransaction[]): AssetBalance[] {
  const balances = new Map<string, AssetBalance>();
  for (const { asset, version, availableAfter, heldAfter } of transactions.flatMap(
    ({ entries }) => entries,
  )) {
    if (version < (balances.get(asset)?.version ?? 0)) continue;
    balances.set(asset, { asset, version, available: availableAfter, held: heldAfter });
  }
  return [...balances.values()].toSorted((left, right) => (left.asset < right.asset ? -1 : 1));
}

export async function readBalances(
  wallet: MysqlSnapshot,
  accountId: number,
): Promise<AssetBalance[]> {
  const rows = await wallet.rows(
    `select asset, available, held, version from balances
     where account_id = ${accountId} and version > 0 order by asset`,
  );
  return rows.map((row) => ({
    asset: textOf(row, "asset"),
    available: unitsOf(row, "available"),
    held: unitsOf(row, "held"),
    version: numberOf(row, "version"),
  }));
}

function entryOf(row: Row): AccountEntry {
  return {
    transactionId: numberOf(row, "transaction_id"),
    line: numberOf(row, "line"),
    asset: textOf(row, "asset"),
    version: numberOf(row, "version"),
    timeMs: numberOf(row, "time_ms"),
    reason: textOf(row, "reason"),
    reference: textOf(row, "reference"),
    availableChange: unitsOf(row, "available_change"),
    heldChange: unitsOf(row, "held_change"),
    availableAfter: unitsOf(row, "available_after"),
    heldAfter: unitsOf(row, "held_after"),
  };
}
