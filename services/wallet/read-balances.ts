/** An account's balances, on request not before settlement has passed a command. */

import type { MarketId, MarketPosition } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";

import type { Balance, BalancesRequest } from "./api.ts";
import type { SettlementCursor } from "./cursor.ts";
import { hasPassed, readCursor } from "./cursor.ts";
import type { Db } from "./tables.ts";

const WAIT_LIMIT_MS = 1000;
const POLL_MS = 20;

export interface ReadBalancesDeps {
  readonly db: Db;
  /** What is settled, where this process settles the market itself. */
  readonly cursorOf: (market: MarketId) => SettlementCursor | undefined;
}

export async function readBalances(
  deps: ReadBalancesDeps,
  { accountId, after }: BalancesRequest,
): Promise<Reply<readonly Balance[]>> {
  if (after !== undefined && !(await waitUntilSettled(deps, after))) {
    return { kind: "refused", code: "LAGGING" };
  }
  const rows = await deps.db
    .selectFrom("balances")
    .select(["asset", "available", "held"])
    .where("account_id", "=", String(accountId))
    .orderBy("asset")
    .execute();
  return { kind: "ok", value: rows };
}

/** False after the limit. Another wallet may settle the market, so the stored cursor is asked as well. */
async function waitUntilSettled(
  { db, cursorOf }: ReadBalancesDeps,
  { market, position }: MarketPosition,
): Promise<boolean> {
  const deadlineMs = performance.now() + WAIT_LIMIT_MS;
  for (;;) {
    const cursor = cursorOf(market) ?? (await readCursor(db, market));
    if (cursor !== undefined && hasPassed(cursor, position)) return true;
    if (performance.now() > deadlineMs) return false;
    await Bun.sleep(POLL_MS);
  }
}
