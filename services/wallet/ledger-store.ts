/** The statements that lock and write the ledger's rows, a few for hundreds of them. */

import { inTransaction } from "@exchange/store";
import type { AssetId } from "@exchange/streams/contract";

import type { Write } from "./bulk-sql.ts";
import { sqlLiteral, sqlRow, statementsOf, writeAll } from "./bulk-sql.ts";
import type { BalanceKey, HouseAccount, Ledger, LedgerBalance, Posting } from "./ledger.ts";
import { balanceText, changedBalances, compareBalanceKeys } from "./ledger.ts";
import type { Db } from "./tables.ts";

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
      await inTransaction(db, async (tx) => await writeAll(tx, emptyBalanceWrites(sorted)), {
        onRetry,
      });
      if (registered.size > REGISTERED_MAX) registered.clear();
      for (const text of missing.keys()) registered.add(text);
    },
  };
}

function emptyBalanceWrites(keys: readonly BalanceKey[]): Write[] {
  const { users, house } = splitKeys(keys);
  const insertUsers = statementsOf(
    users.map(({ owner, asset }) => sqlRow([owner, asset, 0, 0, 0])),
    (rows) =>
      `insert ignore into balances (account_id, asset, available, held, version) values ${rows}`,
  );
  const insertHouse = statementsOf(
    house.map(({ owner, asset }) => sqlRow([owner, asset, 0, 0])),
    (rows) =>
      `insert ignore into house_balances (house_account, asset, balance, version) values ${rows}`,
  );
  return [...insertUsers, ...insertHouse].map((text) => ({ text }));
}

export interface BalanceRow {
  readonly account_id: string | null;
  readonly house_account: HouseAccount | null;
  readonly asset: AssetId;
  readonly available: string;
  readonly held: string;
  readonly version: string;
}

/** Two lists are parsed sooner than pairs, unless too many of what they lock are other balances of the same accounts. */
const LOCKED_PER_KEY_MAX = 1.5;

/**
 * Locks the rows in the one order every transaction keeps. Keys without a row have none in the result, which may have
 * other balances of the keys' owners.
 */
export function balanceLocks(keys: Iterable<BalanceKey>): readonly string[] {
  const { users, house } = splitKeys([...keys].toSorted(compareBalanceKeys));
  const lockUsers = keyConditions("account_id", users).map(
    (condition) =>
      `select account_id, null as house_account, asset, available, held, version
       from balances force index (primary) where ${condition} for update`,
  );
  const lockHouse = keyConditions("house_account", house).map(
    (condition) =>
      `select null as account_id, house_account, asset, balance as available, '0' as held, version
       from house_balances force index (primary) where ${condition} for update`,
  );
  return [...lockUsers, ...lockHouse];
}

function keyConditions(column: string, keys: readonly BalanceKey[]): readonly string[] {
  const owners = [...new Set(keys.map(({ owner }) => sqlLiteral(owner)))];
  const assets = [...new Set(keys.map(({ asset }) => sqlLiteral(asset)))];
  if (owners.length * assets.length > keys.length * LOCKED_PER_KEY_MAX) {
    return statementsOf(
      keys.map(({ owner, asset }) => sqlRow([owner, asset])),
      (rows) => `(${column}, asset) in (${rows})`,
    );
  }
  return statementsOf(
    owners,
    (list) => `${column} in (${list}) and asset in (${assets.join(",")})`,
  );
}

export function toBalance(row: BalanceRow): LedgerBalance {
  const owner = row.house_account ?? Number(row.account_id);
  const version = Number(row.version);
  return {
    owner,
    asset: row.asset,
    available: BigInt(row.available),
    held: BigInt(row.held),
    version,
    storedVersion: version,
  };
}

/** What was moved, and the postings that say why. The balances must be locked. */
export function ledgerWrites(ledger: Ledger): Write[] {
  const { users, house } = splitKeys(changedBalances(ledger));
  const updateUsers = statementsOf(
    users.map(({ owner, asset, available, held, version }) =>
      sqlRow([owner, asset, available, held, version]),
    ),
    (rows) =>
      `insert into balances (account_id, asset, available, held, version) values ${rows}
       on duplicate key update available = values(available), held = values(held), version = values(version)`,
  );
  const updateHouse = statementsOf(
    house.map(({ owner, asset, available, version }) => sqlRow([owner, asset, available, version])),
    (rows) =>
      `insert into house_balances (house_account, asset, balance, version) values ${rows}
       on duplicate key update balance = values(balance), version = values(version)`,
  );
  const insertPostings = statementsOf(
    postingRows(ledger.postings),
    (rows) =>
      `insert into postings (transaction_id, line, account_id, house_account, asset, version, reason, reference,
         available_change, held_change, available_after, held_after, time_ms) values ${rows}`,
  );
  return [...updateUsers, ...updateHouse, ...insertPostings].map((text) => ({ text }));
}

/** The lines of one ledger transaction follow each other, and have much in common. */
function postingRows(postings: readonly Posting[]): readonly string[] {
  let common: Posting | undefined;
  let reason = "";
  return postings.map((posting) => {
    if (common?.reference !== posting.reference || common.reason !== posting.reason) {
      common = posting;
      reason = `${sqlLiteral(posting.reason)},${sqlLiteral(posting.reference)}`;
    }
    const owner = sqlLiteral(posting.owner);
    const owners = typeof posting.owner === "number" ? `${owner},null` : `null,${owner}`;
    const { transactionId, line, availableChange, heldChange, availableAfter, heldAfter } = posting;
    return `(${sqlLiteral(transactionId)},${sqlLiteral(line)},${owners},${sqlLiteral(posting.asset)},${sqlLiteral(posting.version)},${reason},${availableChange},${heldChange},${availableAfter},${heldAfter},${sqlLiteral(posting.timeMs)})`;
  });
}

function splitKeys<Key extends BalanceKey>(keys: readonly Key[]): { users: Key[]; house: Key[] } {
  const users: Key[] = [];
  const house: Key[] = [];
  for (const key of keys) (typeof key.owner === "number" ? users : house).push(key);
  return { users, house };
}
