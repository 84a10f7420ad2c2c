/** What became of a client's order id in a market. */

import type { HoldQuery, HoldSummary } from "./api.ts";
import type { Db } from "./tables.ts";

export async function findHold(
  db: Db,
  { accountId, market, clientOrderId }: HoldQuery,
): Promise<HoldSummary | null> {
  const row = await db
    .selectFrom("holds")
    .select(["hold_id", "request_hash", "state", "deadline_ms"])
    .where("account_id", "=", String(accountId))
    .where("market", "=", market)
    .where("client_order_id", "=", clientOrderId)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    holdId: Number(row.hold_id),
    requestHash: row.request_hash,
    state: row.state,
    deadlineMs: Number(row.deadline_ms),
  };
}
