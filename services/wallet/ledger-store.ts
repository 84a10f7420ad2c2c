/** Reading, locking and writing the ledger's rows, a few statements for hundreds of them. */

import { inTransaction } from "@exchange/store";
import type { AssetId } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";

import type { SqlValue } from "./bulk-sql.ts";
import { selectRows, sqlRow, writeRows } from "./bulk-sql.ts";
import type { BalanceKey, HouseAccount, Ledger, LedgerBalance, Posting } from "./ledger.ts";
import { balanceText, changedBalances, compareBalanceKeys } from "./ledger.ts";
import type { Db, Tx } from "./tables.ts";

/** Past this many remembered keys the register starts anew; it only saves statements. */
const REGISTERED_MAX = 1_000_000;

/** Makes sure that balance rows exist before a transaction locks them: a row that is not there cannot be locked. */
export interface BalanceRegister {
  ensure(keys: Iterable<BalanceKey>): Promise<void>;
}

export function createBalanceRegister(db: Db, onRetry: () => void): BalanceRegister {
  const registered = new Set<string>();
  return {
    async ensure(keys) {
      const missing = new Map<string, BalanceKey>();
      for (const key of keys) {
        const text = balanceText(key);
        if (!registered.has(text)) missing.set(text, key);
      }
      if (missing.size === 0) return;
      const sorted = [...missing.values()].toSorted(compareBalanceKeys);
      await inTransaction(db, async (tx) => await insertEmpty(tx, sorted), { onRetry });
      if (registered.size > REGISTERED_MAX) registered.clear();
      for (const text of missing.keys()) registered.add(text);
    },
  };
}

async function insertEmpty(tx: Tx, keys: readonly BalanceKey[]): Promise<void> {
  const { users, house } = splitKeys(keys);
  await writeRows(
    tx,
    users.map(({ owner, asset }) => sqlRow([owner, asset, 0, 0, 0])),
    (rows) =>
      `insert ignore into balances (account_id, asset, available, held, version) values ${rows}`,
  );
  await writeRows(
    tx,
    house.map(({ owner, asset }) => sqlRow([owner, asset, 0, 0])),
    (rows) =>
      `insert ignore into house_balances (house_account, asset, balance, version) values ${rows}`,
  );
}

interface BalanceRow {
  readonly account_id: string;
  readonly asset: AssetId;
  readonly available: string;
  readonly held: string;
  readonly version: string;
}

interface HouseRow {
  readonly house_account: HouseAccount;
  readonly asset: AssetId;
  readonly balance: string;
  readonly version: string;
}

/** Locks the rows in the one order every transaction keeps. Keys without a row are absent from the result. */
export async function lockBalances(tx: Tx, keys: Iterable<BalanceKey>): Promise<LedgerBalance[]> {
  const { users, house } = splitKeys([...keys].toSorted(compareBalanceKeys));
  const userRows = await selectRows<BalanceRow>(
    tx,
    users.map(({ owner, asset }) => sqlRow([owner, asset])),
    (rows) =>
      `select account_id, asset, available, held, version from balances force index (primary)
       where (account_id, asset) in (${rows}) for update`,
  );
  const houseRows = await selectRows<HouseRow>(
    tx,
    house.map(({ owner, asset }) => sqlRow([owner, asset])),
    (rows) =>
      `select house_account, asset, balance, version from house_balances force index (primary)
       where (house_account, asset) in (${rows}) for update`,
  );
  return [...userRows.map(userBalance), ...houseRows.map(houseBalance)];
}

/** Writes what was moved and the postings that say why. The balances must be locked. */
export async function writeLedger(tx: Tx, ledger: Ledger): Promise<void> {
  const { users, house } = splitKeys(changedBalances(ledger));
  await writeRows(
    tx,
    users.map(({ owner, asset, available, held, version }) =>
      sqlRow([owner, asset, available, held, version]),
    ),
    (rows) =>
      `insert into balances (account_id, asset, available, held, version) values ${rows}
       on duplicate key update available = values(available), held = values(held), version = values(version)`,
  );
  await writeRows(
    tx,
    house.map(({ owner, asset, available, version }) => sqlRow([owner, asset, available, version])),
    (rows) =>
      `insert into house_balances (house_account, asset, balance, version) values ${rows}
       on duplicate key update balance = values(balance), version = values(version)`,
  );
  const inserted = await writeRows(
    tx,
    ledger.postings.map((posting) => sqlRow(postingValues(posting))),
    (rows) =>
      `insert into postings (transaction_id, line, account_id, house_account, asset, version, reason, reference,
         available_change, held_change, available_after, held_after, time_ms) values ${rows}`,
  );
  assert(inserted === ledger.postings.length, "not every posting was written");
}

function postingValues(posting: Posting): SqlValue[] {
  const { owner } = posting;
  return [
    posting.transactionId,
    posting.line,
    typeof owner === "number" ? owner : null,
    typeof owner === "number" ? null : owner,
    posting.asset,
    posting.version,
    posting.reason,
    posting.reference,
    posting.availableChange,
    posting.heldChange,
    posting.availableAfter,
    posting.heldAfter,
    posting.timeMs,
  ];
}

function splitKeys<Key extends BalanceKey>(keys: readonly Key[]): { users: Key[]; house: Key[] } {
  const users: Key[] = [];
  const house: Key[] = [];
  for (const key of keys) (typeof key.owner === "number" ? users : house).push(key);
  return { users, house };
}

function userBalance(row: BalanceRow): LedgerBalance {
  const version = Number(row.version);
  return {
    owner: Number(row.account_id),
    asset: row.asset,
    available: BigInt(row.available),
    held: BigInt(row.held),
    version,
    storedVersion: version,
  };
}

function houseBalance(row: HouseRow): LedgerBalance {
  const version = Number(row.version);
  return {
    owner: row.house_account,
    asset: row.asset,
    available: BigInt(row.balance),
    held: 0n,
    version,
    storedVersion: version,
  };
}
