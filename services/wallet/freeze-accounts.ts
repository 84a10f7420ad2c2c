/**
 * Freezing accounts. Whoever takes money locks the balance first and looks whether the account is frozen behind that;
 * a freeze locks all balances of its accounts, so that nothing is taken after it, and their withdrawals, so that no attempt to
 * pay one is begun after it. One that was begun is carried through.
 */

import { inTransaction } from "@exchange/store";
import type { AccountId } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";
import { sql } from "kysely";

import type { Write } from "./bulk-sql.ts";
import { sqlLiteral, statementsOf } from "./bulk-sql.ts";
import type { AccountsFreezing, AccountsFrozen } from "./freezes-api.ts";
import type { FundingDeps } from "./move-funds.ts";
import { operatorProblem } from "./operator.ts";
import type { Db, Tx } from "./tables.ts";

/** More than a user can have. */
const ACCOUNTS_MAX = 1000;

export async function freezeAccounts(
  { db, nowMs, onRetry }: Pick<FundingDeps, "db" | "nowMs" | "onRetry">,
  { accountIds, freeze, operator, reason }: AccountsFreezing,
): Promise<Reply<AccountsFrozen>> {
  const why = operatorProblem({ operator, reason }) ?? accountsProblem(accountIds);
  if (why !== undefined) return { kind: "ok", value: { isDone: false, why } };
  const actor = `operator:${operator}`;
  const changed = await inTransaction(
    db,
    async (tx) => {
      await lockBalances(tx, accountIds);
      await lockWithdrawals(tx, accountIds);
      const frozen = new Set(await findFrozen(tx, accountIds));
      const news = accountIds.filter((accountId) => frozen.has(accountId) !== freeze);
      for (const accountId of news) {
        await turn(tx, { accountId, freeze, timeMs: nowMs(), actor, reason });
      }
      return news;
    },
    { onRetry },
  );
  return { kind: "ok", value: { isDone: true, changed } };
}

export async function findFrozen(
  db: Db,
  accountIds: readonly AccountId[],
): Promise<readonly AccountId[]> {
  if (accountIds.length === 0) return [];
  const rows = await db
    .selectFrom("frozen_accounts")
    .select("account_id")
    .where("account_id", "in", accountIds.map(String))
    .execute();
  return rows.map((row) => Number(row.account_id));
}

/** Rows that have no other column. */
export interface FrozenRow {
  readonly frozen_account_id: string;
}

export function frozenReads(accountIds: Iterable<AccountId>): readonly string[] {
  return statementsOf(
    [...accountIds].map(sqlLiteral),
    (list) =>
      `select account_id as frozen_account_id from frozen_accounts where account_id in (${list})`,
  );
}

export interface FreezeNote {
  readonly accountId: AccountId;
  readonly timeMs: number;
  readonly actor: string;
  readonly reason: string;
}

/**
 * Freezes an account that was not frozen when it was looked at, as text for a bulk transaction; so is the reason, without a
 * space. Another market's settlement, behind locks of other balances, may freeze it first: once is enough.
 */
export function freezeWrites({ accountId, timeMs, actor, reason }: FreezeNote): readonly Write[] {
  const row = [accountId, 1, timeMs, actor, reason].map(sqlLiteral).join(",");
  return [
    { text: `insert ignore into frozen_accounts (account_id) values (${sqlLiteral(accountId)})` },
    {
      text: `insert into account_freezes (account_id, is_frozen, time_ms, actor, reason)
             select ${row} from dual where row_count() = 1`,
    },
  ];
}

function accountsProblem(accountIds: readonly AccountId[]): string | undefined {
  const isList = accountIds.length > 0 && accountIds.length <= ACCOUNTS_MAX;
  const areIds = accountIds.every((accountId) => Number.isSafeInteger(accountId) && accountId > 0);
  return isList && areIds ? undefined : "these are no accounts";
}

/** In the ledger's order. */
async function lockBalances(tx: Tx, accountIds: readonly AccountId[]): Promise<void> {
  await tx
    .selectFrom("balances")
    .select("account_id")
    .where("account_id", "in", accountIds.map(String))
    .orderBy("account_id")
    .orderBy("asset")
    .forUpdate()
    .execute();
}

/** Behind the balances, without which there is no new one. Waits for a worker that is claiming one. */
async function lockWithdrawals(tx: Tx, accountIds: readonly AccountId[]): Promise<void> {
  await tx
    .selectFrom("withdrawals")
    .select("withdrawal_id")
    .where("account_id", "in", accountIds.map(String))
    .where("state", "=", "RESERVED")
    .forUpdate()
    .execute();
}

async function turn(
  tx: Tx,
  { accountId, freeze, timeMs, actor, reason }: FreezeNote & { readonly freeze: boolean },
): Promise<void> {
  if (freeze) await tx.insertInto("frozen_accounts").values({ account_id: accountId }).execute();
  else await sql`delete from frozen_accounts where account_id = ${accountId}`.execute(tx);
  await tx
    .insertInto("account_freezes")
    .values({ account_id: accountId, is_frozen: freeze, time_ms: timeMs, actor, reason })
    .execute();
}
