/** An account's balances, on request not before settlement has passed a command. */

import type { Reply } from "@exchange/streams/runtime";

import type { BalancesRequest, VersionedBalance } from "./api.ts";
import type { SettledWatch } from "./settled-watch.ts";
import type { Db } from "./tables.ts";

export interface ReadBalancesDeps {
  readonly db: Db;
  readonly settled: SettledWatch;
}

export async function readBalances(
  { db, settled }: ReadBalancesDeps,
  { accountId, after }: BalancesRequest,
): Promise<Reply<readonly VersionedBalance[]>> {
  if (after !== undefined && !(await settled.passed(after))) {
    return { kind: "refused", code: "LAGGING" };
  }
  const rows = await db
    .selectFrom("balances")
    .select(["asset", "available", "held", "version"])
    .where("account_id", "=", String(accountId))
    .orderBy("asset")
    .execute();
  return { kind: "ok", value: rows.map((row) => ({ ...row, version: Number(row.version) })) };
}
